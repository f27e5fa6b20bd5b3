// Third-party notice: Zuplo is a product of Zuplo, Inc.; its support is theirs. Review what it logs before use.
// The caller's check without Zuplo's cloud, for a project that is not linked (`zuplo link`): one key, from the environment.
import { ZuploContext, ZuploRequest, environment } from "@zuplo/runtime";

const encoder = new TextEncoder();

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

// Digests of equal length, compared to their end: the time says nothing of the key.
async function same(given: string, expected: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(given), digest(expected)]);
  return a.reduce((difference, byte, i) => difference | (byte ^ b[i]), 0) === 0;
}

export default async function gatewayKey(request: ZuploRequest, context: ZuploContext) {
  const expected = environment.GATEWAY_KEY;
  const given = (request.headers.get("authorization") ?? "").replace(/^Bearer /, "");
  if (expected && (await same(given, expected))) {
    return request;
  }
  return new Response(
    JSON.stringify({
      type: "error",
      error: { type: "authentication_error", message: "Invalid API key" },
    }),
    { status: 401, headers: { "content-type": "application/json" } },
  );
}
