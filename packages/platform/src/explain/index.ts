export {
  describeDecision,
  type ExplainedRow,
  explainDecision,
  type FoundDecision,
  type RuleName,
} from './describe-decision.ts';
export { instantNote } from './instant-note.ts';
