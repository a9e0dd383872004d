/** Requests that are passed through, in formats that no dialect here reads. */
import { splitQuery } from '../core/route.js';

const GEMINI =
  /^\/v\d+(?:alpha|beta)(?!\/openai\/)|\/publishers\/google\/|:(?:(?:stream)?generateContent|countTokens|(?:batch)?embedContents?)$/i;

/** Google's own API. What it serves under `/openai` is OpenAI's format. */
export const gemini = {
  isAt: (path: string): boolean => GEMINI.test(splitQuery(path)[0]),
  credential: (apiKey: string) => ({ 'x-goog-api-key': apiKey }),
} as const;
