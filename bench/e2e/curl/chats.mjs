/** Chats of both APIs: replies, streams byte for byte, errors, streams that break, leaving. */
import { beginsText, eventually, LEAVING_MS, same, sameText, sawLeaving } from '../kit/case.mjs';
import { BREAKING, FAILING } from '../kit/words.mjs';
import { bodyOf, dataOf, errorOf, exits, PLACES, post, textOf, WELL, wholeText } from './asking.mjs';
import { curl, reply, startCurl } from './curl.mjs';

const good = (source, says, ...failures) => ({
  says,
  source,
  mode: 'json',
  played: [...failures, WELL],
  act: async (world) => {
    const wish = failures.length === 0 ? `${WELL}:always` : `${failures.join('+')}:1`;
    const done = await curl(post(world, source, '--fail'), bodyOf(world, source, wish, false));
    const text = wholeText(JSON.parse(done.bytes.toString()));
    const problems = sameText(text, await world.upstream.expected(WELL, world.prompt));
    return { saw: 'the whole text', problems: [...exits(done, 0), ...problems] };
  },
});

const PING = 'event: ping\ndata: {"type":"ping"}\n\n';

/** What the upstream itself answers, but for the pings before the first content, of which the proxy keeps none. */
const direct = async ({ upstream, id, prompt }, source, wish) => {
  const own = `${WELL}:always:${id}.direct`;
  const body = bodyOf({ id: `${id}.direct`, prompt }, source, `${WELL}:always`, true);
  const { bytes } = await curl(post({ url: upstream.url }, source, '--no-buffer'), body);
  return bytes.toString().replaceAll(own, `${wish}:${id}`).replace(PING, '');
};

const streams = (source) => ({
  says: 'two failures, then a reply',
  source,
  mode: 'stream',
  played: ['http-503', 'error-event', WELL],
  act: async (world) => {
    const wish = 'http-503+error-event:1';
    const done = await curl(post(world, source, '--no-buffer', '--fail'), bodyOf(world, source, wish, true));
    const wanted = await direct(world, source, wish);
    return {
      saw: "the upstream's bytes",
      problems: [...exits(done, 0), ...sameText(done.bytes.toString(), wanted)],
    };
  },
});

const fails =
  (source, stream) =>
  ({ says, fault, status, tries, sentence }) => ({
    says,
    source,
    mode: stream ? 'stream' : 'json',
    played: Array.from({ length: tries }, () => fault),
    act: async (world) => {
      const done = await curl(
        post(world, source, '--fail-with-body', '--include'),
        bodyOf(world, source, `${fault}:always`, stream),
      );
      const { headers, body, phrase, status: got } = reply(done.bytes);
      const { message } = errorOf(body);
      return {
        saw: `${got} ${message}`,
        problems: [
          // Its exit code for an HTTP error.
          ...exits(done, 22),
          ...same('status', got, status),
          ...(sentence.test(message) ? [] : [`told ${JSON.stringify(message)}`]),
          ...(phrase !== '' && message.startsWith(phrase.replace(/\.$/, '')) ? [] : [`the status line says ${phrase}`]),
          ...same('x-seaking-attempts', headers['x-seaking-attempts'], String(tries)),
          ...same('x-should-retry', headers['x-should-retry'], 'false'),
        ],
      };
    },
  });

const breaks =
  (source) =>
  ({ says, fault, sentence }) => ({
    says,
    source,
    mode: 'stream',
    played: [fault],
    act: async (world) => {
      const done = await curl(post(world, source, '--no-buffer'), bodyOf(world, source, `${fault}:always`, true));
      const events = dataOf(done.bytes);
      const { message } = events.at(-1).error ?? {};
      const end = source === 'openai' ? '\n\ndata: [DONE]\n\n' : '\n\n';
      return {
        saw: `a beginning, then ${message}`,
        problems: [
          ...exits(done, 0),
          ...beginsText(textOf(done.bytes), await world.upstream.expected(WELL, world.prompt)),
          ...(sentence.test(message) ? [] : [`told ${JSON.stringify(message)}`]),
          ...(done.bytes.toString().endsWith(end) ? [] : ['it has no clean end']),
        ],
      };
    },
  });

const killed = (source) => ({
  says: 'killed in mid-stream',
  source,
  mode: 'stream',
  played: ['broken-silence'],
  act: async (world) => {
    const child = startCurl(post(world, source, '--no-buffer'), bodyOf(world, source, 'broken-silence:always', true));
    const isReading = await eventually(() => textOf(child.soFar()) !== '', LEAVING_MS);
    child.kill();
    await child.ended;
    return {
      saw: 'a beginning',
      problems: [...(isReading ? [] : ['nothing came']), ...(await sawLeaving(world.upstream, world.id))],
    };
  },
});

const named = (...faults) => FAILING.filter(({ fault }) => faults.includes(fault));
const ERRORS = named(
  'http-400',
  'http-401',
  'http-429',
  'retry-after-hour',
  'quota-429',
  'http-502-html',
  'reset-mid-headers',
);

export const CHATS = [
  ...Object.keys(PLACES).flatMap((source) => [
    good(source, 'one reply'),
    good(source, 'two failures, then a reply', 'http-502-html', 'empty-body'),
    streams(source),
    ...ERRORS.map(fails(source, false)),
    ...named('http-401', 'http-502-html').map(fails(source, true)),
    ...BREAKING.map(breaks(source)),
    killed(source),
  ]),
];
