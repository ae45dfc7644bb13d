import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import type { Construct } from 'constructs'

interface Parts {
  stage: string
  usd: number
  email: string
}

/**
 * Mail when the month's cost passes 80 % of the budget, and when it is forecast to pass all of it. It counts the whole account: a filter by
 * tag sees nothing until somebody activates the tag for billing, and a budget that cannot be passed is worse than none.
 */
export function addBudget(scope: Construct, { stage, usd, email }: Parts): CfnBudget {
  const mail = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
    notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
    subscribers: [{ subscriptionType: 'EMAIL', address: email }],
  })
  return new CfnBudget(scope, 'Budget', {
    budget: {
      budgetName: `sluice-${stage}`,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: usd, unit: 'USD' },
    },
    notificationsWithSubscribers: [mail('ACTUAL', 80), mail('ACTUAL', 100), mail('FORECASTED', 100)],
  })
}
