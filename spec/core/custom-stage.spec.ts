import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import {
  answer,
  defineStage,
  failures,
  type Hooks,
  mostNeeded,
  type Needs,
  refuse,
  type StageDefinition,
  tryAgain,
} from '../../lib/core/custom-stage.js';
import { bytes } from '../../lib/core/exchange.js';

describe('core/custom-stage', () => {
  it('is a stage as it was written', () => {
    const stage = { name: 'a', make: () => ({}) };
    expect(defineStage(stage)).to.equal(stage);
  });

  it('does not compile where a hook reads what it does not have', () => {
    const stage = defineStage({
      name: 'early',
      make: () => ({
        // @ts-expect-error: there is no plan yet.
        request: (e) => (e.plan === undefined ? e : e),
        // @ts-expect-error: there is no reply yet.
        attempt: (e) => (e.reply === undefined ? e : e),
        reply: (e) => (e.reading === undefined ? e : e),
        // @ts-expect-error: the upstream has a name, and no address.
        json: (e) => ({ ...e.fields, url: e.target.url }),
      }),
    });
    expect(stage.name).to.equal('early');
  });

  it('does not compile where a hook gives what it cannot take', () => {
    const stage = defineStage({
      name: 'strange',
      make: () => ({
        // @ts-expect-error: a failure that neither refuse nor tryAgain makes.
        request: () => E.left({ _tag: 'ClientGone' }),
        // @ts-expect-error: no value.
        response: () => 5,
        attempt: (e) => async () => E.right(e),
        reply: async (e) => e,
        failure: () => refuse('No.'),
      }),
    });
    expect(stage.name).to.equal('strange');
  });

  it('does not compile where another answer is given than the hook allows', () => {
    const stage = defineStage({
      name: 'again',
      make: () => ({
        // @ts-expect-error: nothing was tried yet.
        request: () => tryAgain('early'),
        // @ts-expect-error: a try can be changed, and not be refused.
        attempt: () => refuse('No.'),
        // @ts-expect-error: the tries are over.
        response: (e) => (e.attempts.length > 1 ? e : tryAgain('late')),
        // @ts-expect-error: the tries are over.
        failure: () => tryAgain('late'),
        reply: (e) => (e.number > 1 ? refuse('No.') : tryAgain('again')),
      }),
    });
    expect(stage.name).to.equal('again');
  });

  it('knows the type of what it remembers', () => {
    const stage = defineStage({
      name: 'counting',
      make: (_, { log }): Hooks<{ tries: number }> => ({
        state: () => ({ tries: 0 }),
        attempt: (e, state) => {
          state.tries += 1;
          // @ts-expect-error: there is no such thing.
          log(`try ${state.attempts}`, e);
          return e;
        },
        finished: (e, state) => log(`${state.tries} tries`, e),
      }),
    });
    expect(stage.name).to.equal('counting');
  });

  it('can read every field of the body of a chat', () => {
    const stage = defineStage({
      name: 'cool',
      make: () => ({
        request: (e) => {
          if (e.call._tag !== 'Chat') return e;
          const { temperature, model } = e.call.body;
          const isHot = typeof temperature === 'number' && temperature > 1 && model?.startsWith('x') !== true;
          return isHot ? { ...e, call: { ...e.call, body: { ...e.call.body, temperature: 1 } } } : e;
        },
      }),
    });
    expect(stage.name).to.equal('cool');
  });

  it('stands where any stage can, whatever its options are', () => {
    const options = { decode: (_: unknown) => E.right({ most: 5 }) };
    const all: readonly StageDefinition[] = [
      defineStage({ name: 'with', options, make: ({ most }) => ({ request: () => refuse(most.toFixed()) }) }),
      defineStage({ name: 'without', make: () => ({ request: (e) => e }) }),
    ];
    expect(all.map(({ name }) => name)).to.deep.equal(['with', 'without']);
  });

  it('knows the types of its options', () => {
    const options = { decode: (_: unknown) => E.right({ most: 5 }) };
    const stage = defineStage({
      name: 'typed',
      options,
      make: ({ most }) => ({ request: () => refuse(most.toFixed()) }),
    });
    expect(stage.make({ most: 5 }, { label: 'typed', now: () => 0, random: () => 0, log: () => {} })).to.have.property(
      'request',
    );
  });

  it('does not compile where it wants other options than its codec gives', () => {
    const options = { decode: (_: unknown) => E.right({ most: 5 }) };
    // @ts-expect-error: there is no least.
    const more = defineStage({ name: 'a', options, make: (_: { most: number; least: number }) => ({}) });
    // @ts-expect-error: most is no text.
    const other = defineStage({ name: 'b', options, make: (_: { most: string }) => ({}) });
    expect([more, other].map(({ name }) => name)).to.deep.equal(['a', 'b']);
  });

  it('objects with a sentence, a status, a limit', () => {
    expect(refuse('No.')).to.deep.equal(E.left({ _tag: 'Refused', stage: '', status: 400, says: 'No.' }));
    expect(refuse('No.', { status: 403 })).to.have.nested.property('left.status', 403);
    expect(tryAgain('short')).to.deep.equal(
      E.left({ _tag: 'Unwanted', stage: '', says: 'short', atMost: O.none, changed: false }),
    );
    expect(tryAgain('short', { changed: true })).to.have.nested.property('left.changed', true);
    expect(tryAgain('short', { atMost: 2 })).to.deep.nested.include({ 'left.atMost': O.some(2) });
  });

  it('has its objections by one name too, which no stage can change', () => {
    expect(failures).to.deep.equal({ refuse, tryAgain });
    expect(Object.isFrozen(failures)).to.equal(true);
  });

  it('answers with a reply', () => {
    const reply = { status: 200, headers: {}, body: bytes(Buffer.from('{}')) };
    expect(answer(reply)).to.deep.equal({ _tag: 'Early', reply });
  });

  describe('needs', () => {
    const installed = (needs?: Needs) => ({ label: 's', timeoutMs: 1, hooks: needs === undefined ? {} : { needs } });

    it('are the most that any stage needs', () => {
      fc.assert(
        fc.property(fc.array(fc.option(fc.nat(), { nil: undefined })), (chars) => {
          const stages = chars.map((count) => installed(count === undefined ? undefined : { chars: count }));
          const most = Math.max(0, ...chars.map((count) => count ?? 0));
          expect(mostNeeded(stages)).to.deep.equal({ chars: most });
          expect(mostNeeded([...stages, installed('whole')])).to.equal('whole');
        }),
      );
    });
  });
});
