/** The page of the built-in stages, made from what they take. */
import { KIT } from '../kit/index.js';
import type { KitStage } from '../kit/kit-stage.js';
import { table } from './reference.js';

const chapter = ({ definition, description, fields, example }: KitStage): readonly string[] => [
  `## ${definition.name}`,
  '',
  description,
  '',
  ...table(fields),
  '',
  '```yaml',
  'stages:',
  ...example
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`),
  '```',
  '',
];

/** docs/kit.md. */
export const kitReference = (): string =>
  [
    '<!-- Made from lib/kit. After a change there: npm run build && UPDATE_DOCS=1 npx mocha -->',
    '# Built-in stages',
    '',
    'Name these with `use:` in `stages:`. For stages of your own, see [stages.md](stages.md). You can name a stage more than once. Stages are layers: requests pass them in the order of the file, replies in the opposite order. `seaking-proxy stages` shows which stages are called when, and `seaking-proxy check` reports mistakes with their lines.',
    '',
    "Patterns are in RE2's syntax: as in JavaScript, but without look-ahead, look-behind and back-references, which can take for ever. `(?i)` at the start makes a pattern blind to case.",
    '',
    ...KIT.flatMap(chapter),
  ].join('\n');
