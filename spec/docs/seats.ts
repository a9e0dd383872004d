/** The reference of the seats, made from the types that the code has and what is said of them there. */
import { readFileSync } from 'node:fs';

const source = (file: string): string => readFileSync(new URL(`../../../lib/core/${file}`, import.meta.url), 'utf8');

interface Member {
  readonly name: string;
  readonly type: string;
  readonly says: string;
}

/** The members of an interface, in their order. */
const membersOf = (text: string, name: string): readonly Member[] => {
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{\\n(.*?\\n)\\}`, 's').exec(text)?.[1] ?? '';
  return [...body.matchAll(/(?:\/\*\* (.*?) \*\/\s*)?readonly (\w+)\??: (.*?);\n/gs)].map(
    ([, says = '', key, type]) => ({
      name: key as string,
      type: (type as string).replace(/\s+/g, ' '),
      says: says.replace(/\s+/g, ' '),
    }),
  );
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

const own = (text: string, name: string): string => {
  const members = membersOf(text, name).map(({ name: key }) => `\`${key}\``);
  const [, base] = new RegExp(`export interface ${name} extends (\\w+)`).exec(text) ?? [];
  return [...(base === undefined ? [] : [`all of \`${base}\``]), ...members].join(', ');
};

const VALUES = ['Received', 'Decoded', 'Planned', 'Try', 'Replied', 'Answered'];

/** The part of docs/stages.md between its marks. */
export const seats = (): string => {
  const [stages, exchange] = [source('custom-stage.ts'), source('exchange.ts')];
  const rows = membersOf(stages, 'Seats').map(({ name, type, says }) => {
    const [, value] = /^Seat<(\w+)[,>]/.exec(type) ?? [];
    return `| \`${name}\` | ${value === undefined ? `\`${cell(type)}\`` : `\`${value}\``} | ${cell(says)} |`;
  });
  const values = VALUES.map((name) => `| \`${name}\` | ${own(exchange, name)} |`);
  const tools = membersOf(stages, 'Tools').map(
    ({ name, type, says }) => `| \`${name}\` | \`${cell(type)}\` | ${cell(says)} |`,
  );
  return [
    '| Seat | Sees | When, and what takes effect |',
    '|---|---|---|',
    ...rows,
    '',
    '| Value | Has |',
    '|---|---|',
    ...values,
    `| \`Failed\` | ${own(stages, 'Failed')} |`,
    '',
    '| Second argument of `make` | Type | Meaning |',
    '|---|---|---|',
    ...tools,
  ].join('\n');
};
