import { type DestinationStream, type Logger, pino } from 'pino';
import { escapeUnsafe } from '../audit/clean-text.ts';
import { redactValue } from './redact.ts';

export type { Logger } from 'pino';

/**
 * JSON lines on standard error. Every line is read back and redacted as a whole just before it is written, so that no
 * message, stack, nested member or child logger has a way around: what looks like a token or is named like a secret
 * does not appear, and nothing inside a line can break or forge one.
 */
export function createLog(options: {
  name: string;
  level?: string;
  destination?: { write(line: string): unknown };
}): Logger {
  const sink = options.destination ?? pino.destination({ fd: 2, sync: true });
  const redacting: DestinationStream = {
    write(line) {
      sink.write(redactLine(line));
    },
  };
  return pino(
    { name: options.name, level: options.level ?? 'info', timestamp: pino.stdTimeFunctions.isoTime },
    redacting,
  );
}

function redactLine(line: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return `${JSON.stringify({ level: 50, msg: 'a log line was not JSON and was dropped' })}\n`;
  }
  return `${escapeUnsafe(JSON.stringify(redactValue(parsed)))}\n`; // IDJ-22, ATK-60
}
