/** On everything that can carry a tag: bills are grouped by it once it is activated for cost allocation. */
export const stageTag = 'sluice:stage'
