import type { TimeCondition } from './model.ts';

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/**
 * Prepares a daily or weekly window; undefined when it cannot be read.
 *
 * A window whose end lies before its start passes midnight; it then belongs to the day it began on.
 */
export function compileWindow(value: unknown): ((nowMs: number) => boolean) | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { days, from, to, timeZone = 'UTC' } = value as TimeCondition;
  const start = readMinutes(from ?? '00:00');
  const end = readMinutes(to ?? '24:00');
  const clock = wallClock(timeZone);
  const areDaysKnown =
    days === undefined || (Array.isArray(days) && days.every((day) => (weekdays as readonly string[]).includes(day)));

  if (start === undefined || end === undefined || clock === undefined || !areDaysKnown) {
    return undefined;
  }
  const isDay = (day: number): boolean => days === undefined || days.includes(weekdays[(day + 7) % 7] ?? '');

  return (nowMs) => {
    const { day, minutes } = clock(nowMs);
    if (start < end) {
      return isDay(day) && minutes >= start && minutes < end;
    }
    return (isDay(day) && minutes >= start) || (isDay(day - 1) && minutes < end);
  };
}

function readMinutes(text: unknown): number | undefined {
  const match = typeof text === 'string' ? /^(\d\d):(\d\d)$/.exec(text) : null;
  const minutes = match === null ? Number.NaN : Number(match[1]) * 60 + Number(match[2]);
  return match !== null && Number(match[2]) < 60 && minutes <= 24 * 60 ? minutes : undefined;
}

function wallClock(timeZone: unknown): ((nowMs: number) => { day: number; minutes: number }) | undefined {
  if (typeof timeZone !== 'string') {
    return undefined;
  }
  if (timeZone === 'UTC') {
    return (nowMs) => {
      const minutes = Math.floor(nowMs / 60_000);
      return { day: (Math.floor(minutes / 1440) + 4) % 7, minutes: minutes % 1440 };
    };
  }
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    return (nowMs) => readParts(format.formatToParts(nowMs));
  } catch {
    return undefined;
  }
}

function readParts(parts: readonly Intl.DateTimeFormatPart[]): { day: number; minutes: number } {
  const text = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  const day = (weekdays as readonly string[]).indexOf(text('weekday').toLowerCase());
  return { day, minutes: Number(text('hour')) * 60 + Number(text('minute')) };
}
