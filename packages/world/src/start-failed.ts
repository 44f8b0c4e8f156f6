/** The world cannot start; the message is what the person at the terminal needs to read. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}
