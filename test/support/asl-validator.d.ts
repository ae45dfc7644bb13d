declare module 'asl-validator' {
  export default function validate(machine: object): { isValid: boolean; errors: unknown[] }
}
