// What we use of hcloud-js, which has no types: the axios instance that it configures. Its models stay undeclared, so
// that nobody constructs one: they throw on what the API answers today.
declare module 'hcloud-js' {
  interface Answer {
    status: number
    headers: Record<string, unknown>
    data: unknown
  }
  interface Asked {
    method: string
    url: string
    data?: unknown
    signal: AbortSignal
    validateStatus: () => true
    responseType: 'text'
    transformResponse: readonly ((body: unknown) => unknown)[]
    maxRedirects: number
    maxContentLength: number
    allowAbsoluteUrls: false
  }
  interface Client {
    readonly axios: { request(asked: Asked): Promise<Answer> }
  }
  const hcloud: { Client: new (options: { token: string; baseURL: string; timeout: number }) => Client }
  export default hcloud
}
