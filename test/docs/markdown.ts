export const generatedNote = 'Written by `npm run docs`; a test fails when it is stale. Do not edit by hand.';

export function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
