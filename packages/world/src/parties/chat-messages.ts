/** One message of the sample product. */
export interface ChatMessage {
  readonly channel: string;
  readonly author: string;
  readonly at: string;
  readonly text: string;
}

export const chatMessages: readonly ChatMessage[] = [
  {
    channel: 'general',
    author: 'Ana Ruiz',
    at: '2026-11-02T09:00:12Z',
    text: 'Hello everyone, and welcome to Alice who joins Engineering today.',
  },
  { channel: 'general', author: 'Alice Ng', at: '2026-11-02T09:02:40Z', text: 'Hello! Glad to be here.' },
  {
    channel: 'general',
    author: 'Bo Kim',
    at: '2026-11-02T09:03:05Z',
    text: 'Welcome. The onboarding page is pinned in this channel.',
  },
  {
    channel: 'releases',
    author: 'Dana Roth',
    at: '2026-11-09T15:30:00Z',
    text: 'Release 41 is out. Changelog and known problems are in the thread.',
  },
  {
    channel: 'releases',
    author: 'Alice Ng',
    at: '2026-11-09T15:41:19Z',
    text: 'Release 41 works on staging. Search is twice as fast as before.',
  },
  {
    channel: 'releases',
    author: 'Ana Ruiz',
    at: '2026-11-16T15:31:44Z',
    text: 'Release 42 moves to Thursday, because the migration needs one more rehearsal.',
  },
  {
    channel: 'support',
    author: 'Mia Chen',
    at: '2026-11-10T08:12:03Z',
    text: 'A customer asks whether exports keep time zones. Who knows?',
  },
  {
    channel: 'support',
    author: 'Alice Ng',
    at: '2026-11-10T08:20:51Z',
    text: 'They do since release 40. Hello from the export team.',
  },
  {
    channel: 'support',
    author: 'Mia Chen',
    at: '2026-11-17T11:05:27Z',
    text: 'Three reports of slow imports this morning, all larger than 2 GB.',
  },
  {
    channel: 'support',
    author: 'Dana Roth',
    at: '2026-11-17T11:32:08Z',
    text: 'Found it: the import worker had no index on the file hash. Fixed.',
  },
];

const maxFound = 20;

/** Messages that hold every word of a query, newest first. */
export function searchMessages(query: string): readonly ChatMessage[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return newestFirst(chatMessages.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)))).slice(
    0,
    maxFound,
  );
}

/** The latest messages of a channel, oldest first; nothing for a channel that is not there. */
export function channelHistory(channel: string, limit: number): readonly ChatMessage[] {
  return newestFirst(chatMessages.filter((message) => message.channel === channel))
    .slice(0, limit)
    .reverse();
}

export function formatMessage({ channel, author, at, text }: ChatMessage): string {
  return `#${channel}  ${at.slice(0, 16).replace('T', ' ')}  ${author}: ${text}`;
}

function newestFirst(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.toSorted((a, b) => b.at.localeCompare(a.at));
}
