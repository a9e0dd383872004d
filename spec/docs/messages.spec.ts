import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { messages, rows } from './messages.js';

const FILE = new URL('../../../docs/messages.md', import.meta.url);

describe('docs/messages.md', () => {
  let page = '';
  let all: Awaited<ReturnType<typeof rows>> = [];

  before(async () => {
    page = await messages();
    all = await rows();
    if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, page);
  });

  it('is what the code makes', () => {
    const isCurrent = readFileSync(FILE, 'utf8').replaceAll('\r\n', '\n') === page;
    expect(isCurrent, 'docs/messages.md is not current. Run: npm run build && UPDATE_DOCS=1 npx mocha').to.equal(true);
  });

  it('has a text and a trigger for each message', () => {
    for (const { text, trigger } of all) {
      expect(text, trigger).not.to.equal('');
      expect(trigger, text).not.to.equal('');
    }
  });

  it('has sentences for errors, each of which begins with a capital letter and ends with a full stop', () => {
    const sentences = all.filter(({ where }) => where.startsWith('error'));
    expect(sentences).to.have.length.above(40);
    for (const { text } of sentences) expect(text).to.match(/^[A-Z`].*\.$/);
  });

  it('finds the sentences about mistakes of clients in the code', () => {
    const texts = all.map(({ text }) => text);
    expect(texts).to.include.members([
      'The body is not valid JSON.',
      'The request is not valid HTTP.',
      'There is nothing at this address.',
    ]);
  });
});
