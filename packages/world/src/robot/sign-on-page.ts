export interface PageForm {
  readonly action: string;
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly usernameField: string | undefined;
  readonly passwordField: string | undefined;
}

/** Reads the first form with a password field (or else the first form) of a server-rendered page. */
export function readForm(html: string): PageForm | undefined {
  const forms = [...html.matchAll(/<form\b([^>]{0,2000})>([\s\S]*?)<\/form>/gi)].map(([, attributes = '', body = '']) =>
    toForm(attributes, body),
  );
  return forms.find((form) => form.passwordField !== undefined) ?? forms[0];
}

/** The sentence the page shows after a refusal: the text of its first element with role="alert". */
export function readAlert(html: string): string | undefined {
  const found = /<(\w+)\b[^>]{0,500}\brole="alert"[^>]{0,500}>([\s\S]{0,2000}?)<\/\1>/i.exec(html);
  return found === null ? undefined : plainText(found[2] ?? '');
}

/** The title of a page, for a sentence that says where the robot got stuck. */
export function readTitle(html: string): string | undefined {
  const found = /<title\b[^>]{0,200}>([^<]{0,300})<\/title>/i.exec(html);
  return found === null ? undefined : plainText(found[1] ?? '');
}

function toForm(attributes: string, body: string): PageForm {
  const fields: Record<string, string> = {};
  let usernameField: string | undefined;
  let passwordField: string | undefined;
  for (const [, inputAttributes = ''] of body.matchAll(/<(?:input|button)\b([^>]{0,2000})>/gi)) {
    const name = readAttribute(inputAttributes, 'name');
    const type = readAttribute(inputAttributes, 'type') ?? 'text';
    if (name === undefined) continue;
    if (type === 'password') passwordField = name;
    else if (type === 'text' || type === 'email') usernameField ??= name;
    else if (type === 'hidden') fields[name] = readAttribute(inputAttributes, 'value') ?? '';
  }
  return {
    action: readAttribute(attributes, 'action') ?? '',
    method: (readAttribute(attributes, 'method') ?? 'get').toUpperCase(),
    fields,
    usernameField,
    passwordField,
  };
}

const attribute = /([^\s=>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;

function readAttribute(attributes: string, name: string): string | undefined {
  const found = [...attributes.matchAll(attribute)].find((match) => match[1]?.toLowerCase() === name);
  const value = found?.[2] ?? found?.[3] ?? found?.[4];
  return value === undefined ? undefined : decodeEntities(value);
}

function plainText(html: string): string {
  return decodeEntities(html.replace(/<[^>]{0,500}>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function decodeEntities(text: string): string {
  return text
    .replace(/&#(\d{1,7});/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]{1,6});/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
