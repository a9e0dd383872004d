/** P: requests that two readers could take apart in two ways. */
import { ask, chat, chatReply, messagesIn, statusOf } from './messages.mjs';
import { dial, pause } from './raw.mjs';
import { each, startCanary, startProxy, startUpstream } from './world.mjs';

/** A body that is a request to whoever takes its framing for another. */
const INNER = 'GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n';

const chunked = (body) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

const request = (lines, body) =>
  ['POST /v1/files HTTP/1.1', 'host: localhost', 'connection: close', ...lines, '', body].join('\r\n');

const ODD = [...Array(33).keys(), 0x7f, ...Array.from({ length: 128 }, (_, at) => 0x80 + at)].map((code) =>
  String.fromCharCode(code),
);

/** A line with this byte at each of its places. */
const around = (name, value) => (byte) => [
  `${byte}${name}: ${value}`,
  `${name}${byte}: ${value}`,
  `${name}:${byte}${value}`,
  `${name}: ${value}${byte}`,
  `${name}: ${value.slice(0, 1)}${byte}${value.slice(1)}`,
  `${name.slice(0, 3)}${byte}${name.slice(3)}: ${value}`,
];

const LENGTH = String(INNER.length);
const LENGTHS = [
  '+5',
  '0x5',
  '5,5',
  '-1',
  '',
  '5 5',
  '5;',
  '1e1',
  '5.0',
  '٥',
  'Infinity',
  '9'.repeat(25),
  `${LENGTH}, ${LENGTH}`,
];
const CODINGS = [
  'gzip, chunked',
  'chunked, gzip',
  'chunked, chunked',
  ',chunked',
  'chunked,',
  'identity',
  'x',
  '',
  '"chunked"',
  'chunked;a=b',
];
const SIZES = ['0x5', '1_0', '+1', ' 0', '', '-1', '5 ;', 'g', '5\n', 'ffffffffffffffff1'];

/** `isBad`: it must be refused; otherwise a white space, for which the standard allows two answers. */
const mutations = [
  ...ODD.flatMap((byte) =>
    [
      ...around('Content-Length', LENGTH)(byte).map((line) => ({ text: request([line], INNER) })),
      ...around('Transfer-Encoding', 'chunked')(byte).map((line) => ({ text: request([line], chunked(INNER)) })),
    ].map((one) => ({ ...one, isBad: !' \t\r\n'.includes(byte) })),
  ),
  ...LENGTHS.map((value) => ({ text: request([`Content-Length: ${value}`], INNER), isBad: true })),
  ...CODINGS.map((value) => ({ text: request([`Transfer-Encoding: ${value}`], chunked(INNER)), isBad: true })),
  ...SIZES.map((size) => ({
    text: request(['Transfer-Encoding: chunked'], `${size}\r\n${INNER}\r\n0\r\n\r\n`),
    isBad: true,
  })),
  { text: request(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunked(INNER)), isBad: true },
  { text: request(['Transfer-Encoding: chunked', 'Content-Length: 5'], chunked(INNER)), isBad: true },
  { text: request(['Content-Length: 5', 'Transfer-Encoding: chunked'], chunked(INNER)), isBad: true },
  { text: request(['Content-Length: 5', `Content-Length: ${LENGTH}`], INNER), isBad: true },
  { text: request(['Transfer-Encoding: chunked'], chunked(INNER)).replace('HTTP/1.1', 'HTTP/1.0'), isBad: true },
  { text: request(['Transfer-Encoding:', `Content-Length: ${LENGTH}`], INNER), isBad: true },
];

/** What a request did: each is told apart by its own path. */
const tried = async (proxy, { text, isBad }, at) => {
  const peer = await dial(proxy.port);
  const own = text.replace('/v1/files', `/v1/files/${at}`);
  if (at % 2 === 0) peer.send(own);
  else await peer.split(own, own.indexOf(INNER) + 3);
  const hasEnded = await peer.until((_all, isOver) => isOver, 3000);
  peer.socket.destroy();
  return { at, text, isBad, hasEnded, status: statusOf(peer.text()) };
};

const framing = async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  const results = [];
  await each(mutations, 24, async (mutation, at) => results.push(await tried(proxy, mutation, at)));
  const isSmuggled = ({ first }) => first.includes('smuggled');
  const both = ({ of }) => of('content-length').length + of('transfer-encoding').length > 1;
  const asked = new Set(upstream.seen.map(({ first }) => Number(/files\/(\d+)/.exec(first)?.[1])));
  const smuggled = upstream.seen.filter((seen) => isSmuggled(seen) || both(seen)).length;
  const twice = upstream.seen.length - asked.size;
  const wrong = results.filter(
    ({ at, isBad, hasEnded, status }) =>
      !hasEnded || (isBad ? status !== 400 || asked.has(at) : status !== 400 && (status !== 200 || !asked.has(at))),
  );
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  const shown = wrong
    .slice(0, 3)
    .map(({ text, status }) => `${status} to ${JSON.stringify(text.split('\r\n').slice(3, 5).join(' | '))}`);
  return [
    {
      what: `${mutations.length} mutations of a request's framing`,
      figure: `${smuggled} smuggled, ${twice} seen twice`,
      pass: smuggled + twice === 0 && amiss === '',
    },
    {
      what: 'the bad ones get a 400 and a close, before any upstream is asked',
      figure: [`${wrong.length} do not`, ...shown].join('; '),
      pass: wrong.length === 0,
    },
  ];
};

/** A whole POST behind a request that wants another protocol, and then the body of that POST. */
const upgraded = async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  const wanting = ask('GET', '/v1/models', { close: false, fields: ['connection: Upgrade', 'upgrade: x'] });
  const inner = ask('DELETE', '/v1/files/smuggled', { close: false });
  const peer = await dial(proxy.port);
  const behind = ask('POST', '/v1/files/behind', { close: false, body: inner });
  peer.send((wanting + behind).slice(0, -inner.length));
  await pause(50);
  peer.send(inner);
  await peer.until((text, isOver) => isOver || messagesIn(text).messages.length > 1, 3000);
  await pause(100);
  const seen = upstream.seen.map(({ first }) => first.split(' ').slice(0, 2).join(' '));
  const isClosed = peer.isOver();
  peer.socket.destroy();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  const isSmuggled = seen.some((each) => each.includes('smuggled'));
  const isWhole = seen.some((each) => each.includes('behind')) || isClosed;
  return [
    {
      what: 'a request behind one that asks for an upgrade',
      figure: `${isSmuggled ? 'its body was taken for a request' : 'not taken apart'}, ${isWhole ? 'answered or closed' : 'lost'}`,
      pass: !isSmuggled && isWhole && amiss === '',
    },
  ];
};

const hosts = async () => {
  const upstream = await startUpstream();
  const canary = await startCanary();
  const proxy = await startProxy(upstream.url);
  const lines = {
    'two Hosts': ['host: localhost', 'host: evil.example'],
    'an empty Host': ['host:'],
    'no Host': [],
    'the same Host twice': ['host: localhost', 'host: localhost'],
  };
  const targets = {
    '': '/v1/models',
    ', absolute-form': `http://localhost:${proxy.port}/v1/models`,
    ', absolute-form of another host': `http://127.0.0.1:${canary.port}/v1/models`,
  };
  const cases = Object.entries(lines).flatMap(([what, fields]) =>
    Object.entries(targets).map(([form, target]) => ({
      what: what + form,
      text: [`GET ${target} HTTP/1.1`, ...fields, 'connection: close', '', ''].join('\r\n'),
    })),
  );
  const wrong = [];
  for (const { what, text } of cases) {
    const status = statusOf(await proxy.asks(text));
    if (status !== 400) wrong.push(`${status} to ${what}`);
  }
  const asked = upstream.seen.length + canary.hits();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  canary.close();
  return [
    {
      what: `${cases.length} requests with two Hosts, an empty one, none`,
      figure: [`${wrong.length} are not a 400`, ...wrong.slice(0, 4)].join('; '),
      pass: wrong.length === 0 && asked === 0 && amiss === '',
    },
  ];
};

/** How many are worked on at once, as the upstream sees it. */
const counting = () => {
  let now = 0;
  let most = 0;
  return {
    most: () => most,
    during: async (ms) => {
      now += 1;
      most = Math.max(most, now);
      await pause(ms);
      now -= 1;
    },
  };
};

const pipelined = async (what, requests, wanted, mostAtOnce) => {
  const counts = counting();
  const upstream = await startUpstream(async () => {
    await counts.during(5);
    return chatReply('fine');
  });
  const proxy = await startProxy(upstream.url);
  const before = proxy.facts().rssMb;
  const peer = await dial(proxy.port);
  peer.send(requests.join(''));
  const came = () => peer.text().split('HTTP/1.1 ').length - 1;
  for (const end = Date.now() + 20_000; !peer.isOver() && came() < requests.length && Date.now() < end; )
    await pause(25);
  // The body of the last one.
  await pause(25);
  const got = messagesIn(peer.text()).messages.map(({ status }) => status);
  const grown = proxy.facts().rssMb - before;
  peer.socket.destroy();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  const isRight = got.length === wanted.length && got.every((status, at) => status === wanted[at]);
  const shown = got.length > 12 ? `${got.length} answered` : got.join(' ');
  return {
    what,
    figure: `${shown}, ${counts.most()} at once, +${grown.toFixed(0)} MB`,
    pass: isRight && counts.most() <= mostAtOnce && amiss === '',
  };
};

const pipelines = async () => {
  const good = chat({ close: false });
  const tooLong = ask('TRACE', '/v1/models', { close: false, body: 'hello' });
  const foreign = chat({ close: false, host: 'evil.example' });
  const put = ask('PROPFIND', '/v1/files', { close: false, body: 'GET / HTTP/1.1\r\n\r\n' });
  const broken = chat({ close: false, body: '{' });
  const mixed = [good, tooLong, good, foreign, good, put, good, broken, good, good];
  const many = Array.from({ length: 3000 }, () => good);
  return [
    await pipelined(
      '10 pipelined requests, good and bad, in one write',
      mixed,
      [200, 405, 200, 403, 200, 405, 200, 400, 200, 200],
      16,
    ),
    await pipelined(
      '3,000 pipelined requests, at most 16 at once',
      many,
      many.map(() => 200),
      16,
    ),
  ];
};

export const protocol = [
  { id: 'P1', run: framing },
  { id: 'P1', run: upgraded },
  { id: 'P3', run: hosts },
  { id: 'P6', run: pipelines },
];
