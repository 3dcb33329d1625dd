/** Whom the tests and measurements are, unless they say otherwise: somebody who may do everything. */
export const ADMINISTRATOR = 'user:default/elena.petrova';

/** Signs in at a portal that serves the example bank, waiting until its people are known; gives the cookies as Playwright takes them.
 * @param {string} url @param {string} [person] */
export async function signIn(url, person = ADMINISTRATOR) {
  let said = '';
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const answer = await fetch(`${url}/sign-in/local`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ person, to: '/' }) });
    const cookies = answer.headers.getSetCookie().map((line) => {
      const [name, ...value] = line.split(';')[0].split('=');
      return { name, value: value.join('='), domain: new URL(url).hostname, path: '/', expires: -1, httpOnly: true, secure: false, sameSite: /** @type {const} */ ('Lax') };
    });
    if (answer.status === 303 && cookies.length > 0) return cookies;
    said = `${answer.status} ${await answer.text()}`;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${person} cannot sign in at ${url}: ${said}`);
}

/** The same as a header. @param {string} url @param {string} [person] */
export async function cookieHeader(url, person) {
  return (await signIn(url, person)).map(({ name, value }) => `${name}=${value}`).join('; ');
}
