/** The page at `/`, for people who open the proxy's address in a browser: what to do with it, and how it does. */
import type { Status } from './status.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (mark) => ESCAPES[mark] as string);

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const span = (seconds: number): string => {
  if (seconds < 120) return counted(seconds, 'second');
  if (seconds < 7200) return counted(Math.floor(seconds / 60), 'minute');
  if (seconds < 172_800) return counted(Math.floor(seconds / 3600), 'hour');
  return counted(Math.floor(seconds / 86_400), 'day');
};

const sentences = (status: Status, isReady: boolean): readonly string[] => {
  const { version, uptime_s, requests, in_flight, success_rate, last_failure, config_problems } = status;
  return [
    isReady ? 'The proxy runs and takes requests.' : 'The proxy is shutting down and takes no more requests.',
    `Version ${version}, up for ${span(uptime_s)}.`,
    `${counted(requests, 'request')} so far, ${in_flight} in flight.`,
    ...(success_rate === null ? [] : [`${Math.floor(success_rate * 100)} % of those that could succeed did.`]),
    ...(last_failure === null
      ? []
      : [
          `The last failure: ${last_failure.reason.replaceAll('_', ' ')} (${last_failure.status}), ${last_failure.at}.`,
        ]),
    ...(config_problems === null
      ? []
      : ['The last change of the config was not taken. The config before it stays in force.']),
  ];
};

/** The page. `baseUrl`: the URL for clients. Everything in it is shown as text. */
export const page = (baseUrl: string, status: Status, isReady: boolean): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>seaking-proxy</title>
<h1>seaking-proxy</h1>
<p>In SillyTavern: API “Chat Completion”, source “Custom (OpenAI-compatible)”, URL <code>${escaped(baseUrl)}</code></p>
${sentences(status, isReady)
  .map((sentence) => `<p>${escaped(sentence)}</p>\n`)
  .join('')}<p>The same in numbers: <a href="/status">/status</a></p>
</html>
`;
