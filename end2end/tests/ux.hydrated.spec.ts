import { readFileSync } from 'node:fs';
import { PAGES } from '../support/pages.ts';
import { expect, SCREENS, showOn, test, type Page } from '../support/test.ts';

// What judges the UIs of contributors judges the portal's own pages: nothing may block.
const folder = new URL('../../app/plugins/contributions/ux/', import.meta.url);
const VALIDATOR = readFileSync(new URL('src/validator.js', folder), 'utf8');
const RULES = new Map(
  readFileSync(new URL('rules.toml', folder), 'utf8')
    .split('[[rule]]')
    .slice(1)
    .map((rule) => [/^id = "(.*)"/m.exec(rule)![1], /^severity = "(.*)"/m.exec(rule)![1]] as const),
);

interface Told {
  rule: string;
  verdict: string | null;
  selector: string;
  actual: string;
  expected: string;
}
interface Design {
  tokens: { light: object[]; dark: object[] };
  switches: object[];
  published: string[];
}

/** The published style sheets, and what their tokens come to in an empty page of each theme. */
async function design(page: Page): Promise<Design> {
  const published = async (name: string) => (await page.request.get(`/design/v1/${name}.css`)).text();
  const [tokens, kit] = [await published('tokens'), await published('kit')];
  const come = async (theme: 'light' | 'dark') => {
    await page.emulateMedia({ colorScheme: theme });
    return page.evaluate(`(${VALIDATOR}).tokens(${JSON.stringify(tokens)},'${theme}')`) as Promise<{ tokens: object[]; switches: object[] }>;
  };
  await page.goto('about:blank');
  const [light, dark] = [await come('light'), await come('dark')];
  return { tokens: { light: light.tokens, dark: dark.tokens }, switches: dark.switches, published: [tokens, kit] };
}

/** What blocks, as lines. */
async function blocking(page: Page, given: Design, width: number, theme: string): Promise<string[]> {
  const options = JSON.stringify({ ...given, width, theme, state: 'rest' });
  const told = (await page.evaluate(`(${VALIDATOR}).validate(${options})`)) as Told[];
  const fails = ({ rule, verdict }: Told) => (verdict ?? RULES.get(rule)) === 'fail';
  return told.filter(fails).map(({ rule, selector, actual, expected }) => `${rule}: ${selector}: ${actual}; ${expected}`);
}

// A phone by night and a desk by day in turn; script/soak looks at all four screens.
const screensOf = (number: number) =>
  SCREENS.filter(({ width, colorScheme }) => process.env.PORTICO_SOAK === 'full' || (width < 1000) === (number % 2 === 0) && (colorScheme === 'dark') === (number % 2 === 0));

for (const [number, { name, path, status }] of PAGES.entries()) {
  test(`${name} keeps to the design system`, async ({ page, visit, problems }) => {
    test.slow();
    if (status) problems.allow(new RegExp(`${status}`));
    const given = await design(page);
    await visit(path);
    for (const screen of screensOf(number)) {
      await showOn(page, screen);
      expect(await blocking(page, given, screen.width, screen.colorScheme), `at ${screen.width}, ${screen.colorScheme}`).toEqual([]);
    }
  });
}
