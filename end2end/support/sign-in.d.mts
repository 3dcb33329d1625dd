/** A cookie as Playwright takes it. */
export interface SignedInCookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  expires: number;
  httpOnly: boolean;
  secure: boolean;
  sameSite: 'Lax';
}
export const ADMINISTRATOR: string;
export function signIn(url: string, person?: string): Promise<SignedInCookie[]>;
export function cookieHeader(url: string, person?: string): Promise<string>;
