using System.Net.Http.Headers;
using System.Net.Http.Json;
using AdminApi.Browser;
using AdminApi.Platform;
using AdminApi.Tests.Kit;

namespace AdminApi.Tests.Operations;

public sealed class ConsoleCases : IOperationCases
{
    public void Describe(CaseTable cases) => cases.For("createConsoleLink")
        .Succeeds(200, api => api.Post("/v1/console/links"))
        .Fails(StoreProblems.UnknownReference, api => api.Post("/v1/console/links?agent=none"))
        .Fails(ConsoleApi.NotProlonged, BySessionAsync);

    /// <summary>A request by the session of somebody whom the issuer has let in.</summary>
    private static async Task<HttpRequestMessage> BySessionAsync(ApiFixture api)
    {
        var byToken = api.Post("/v1/console/links");
        byToken.Headers.Authorization = new AuthenticationHeaderValue("Bearer", api.Issuer.Token("gateway:read"));
        var link = (await api.ReadAsync(byToken)).GetProperty("path").GetString()!.Split("#link=")[1];
        using var handler = new HttpClientHandler { UseCookies = false };
        using var browser = new HttpClient(handler) { BaseAddress = api.Client.BaseAddress };
        browser.DefaultRequestHeaders.Add(SessionCookie.Header, "1");
        using var entered = await browser.PostAsJsonAsync("/console/session", new { link });
        var request = api.Post("/v1/console/links");
        request.Headers.Authorization = null;
        request.Headers.Add(SessionCookie.Header, "1");
        request.Headers.Add("Cookie", entered.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        return request;
    }
}
