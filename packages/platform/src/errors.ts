/** The database cannot be reached, is full, or answers too late. The HTTP edge turns it into 503; nothing was decided. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** No usable key set of an issuer is known. The HTTP edge turns it into 503; the token was neither accepted nor refused. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** The program was configured wrongly. Thrown at construction, with a stable code and a sentence that says what to change. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.code = code;
  }
}
