using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Dapper;
using Microsoft.AspNetCore.WebUtilities;

namespace AdminApi.Tests;

/// <summary>Log-in at the console: what a browser holds, what it may do with that, and when it ends.</summary>
[Collection(ApiCollection.Name)]
public sealed class ConsoleAccessTests(ApiFixture api)
{
    private const string Session = "/console/session";

    [Fact]
    public async Task A_key_becomes_a_session_that_scripts_and_other_sites_cannot_use()
    {
        var answer = await LogInAsync(new { key = await api.KeyAsync(Scope.Read) });
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        foreach (var attribute in new[] { "httponly", "samesite=strict", "path=/", "expires=" })
            Assert.Contains(attribute, cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/v1/calls/live", cookie)).StatusCode);
        var session = await (await SendAsync(HttpMethod.Get, Session, cookie)).Content.ReadFromJsonAsync<JsonElement>();
        Assert.StartsWith("key:", session.GetProperty("actor").GetString());
        Assert.Equal("read", session.GetProperty("scopes")[0].GetString());
    }

    [Fact]
    public async Task A_session_changes_nothing_without_the_header_that_no_other_site_can_send()
    {
        var cookie = await CookieAsync(Scope.Operate);
        const string path = "/v1/agents/nobody/state";
        var body = new { presence = "available" };
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Put, path, cookie, body, isOwn: false)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Put, path, cookie, body)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Post, Session, null, new { key = "x" }, false)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Delete, Session, cookie, null, false)).StatusCode);
    }

    [Fact]
    public async Task A_session_may_do_what_its_key_may_and_ends_with_it()
    {
        var text = await api.KeyAsync(Scope.Read);
        var cookie = (await LogInAsync(new { key = text })).Headers.GetValues("Set-Cookie").Single();
        var forbidden = await SendAsync(HttpMethod.Put, "/v1/agents/nobody/state", cookie, new { presence = "available" });
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
        await api.ReadAsync(api.Delete($"/v1/keys/{text.Split('_')[1]}", 1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, "/v1/calls/live", cookie)).StatusCode);
        var session = await (await SendAsync(HttpMethod.Get, Session, cookie)).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(JsonValueKind.Null, session.GetProperty("actor").ValueKind);
    }

    [Fact]
    public async Task Logging_out_ends_the_session_for_whoever_has_its_cookie()
    {
        var cookie = await CookieAsync(Scope.Read);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, Session, cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, "/v1/calls/live", cookie)).StatusCode);
    }

    [Fact]
    public async Task A_wrong_key_is_refused()
    {
        foreach (var body in new object[] { new { key = "wag_wrong_key" }, new { link = "0000" }, new { } })
            Assert.Equal(HttpStatusCode.Unauthorized, (await LogInAsync(body)).StatusCode);
    }

    [Fact]
    public async Task A_session_has_what_was_granted_as_far_as_its_key_has_it()
    {
        await using var connection = await api.Database.OpenConnectionAsync();
        foreach (var (granted, now, shared) in new[]
        {
            (Scope.Admin, "{operate}", "read,operate"), (Scope.Read, "{admin}", "read"), (Scope.Billing, "{operate}", "read"),
        })
        {
            var key = await api.KeyAsync(granted);
            var cookie = (await LogInAsync(new { key })).Headers.GetValues("Set-Cookie").Single();
            await connection.ExecuteAsync(
                "UPDATE api_keys SET scopes = @now::text[] WHERE id = @id", new { now, id = key.Split('_')[1] });
            Assert.Equal(shared, await ScopesAsync(cookie));
        }
    }

    [Fact]
    public async Task A_link_for_an_agent_makes_nobody_an_admin()
    {
        var agent = await CentreSamples.AgentAsync(api);
        var cookie = await EnterAsync(await LinkAsync(api.AdminKey, "?agent=" + agent));
        Assert.Equal("read,operate", await ScopesAsync(cookie));
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Get, "/v1/keys", cookie)).StatusCode);
        var chosen = await SendAsync(HttpMethod.Put, $"/v1/agents/{agent}/state", cookie, new { presence = "available" });
        Assert.Equal(HttpStatusCode.OK, chosen.StatusCode);
        var more = await EnterAsync(await LinkAsync(cookie, ""));
        Assert.Equal("read,operate", await ScopesAsync(more));
    }

    [Fact]
    public async Task A_session_that_the_issuer_began_is_not_prolonged_by_a_link()
    {
        var cookie = await EnterAsync(await LinkAsync(api.Issuer.Token("gateway:admin"), ""));
        var agents = await EnterAsync(await LinkAsync(cookie, "?agent=" + await CentreSamples.AgentAsync(api)));
        foreach (var one in new[] { cookie, agents })
        {
            var refusal = await SendAsync(HttpMethod.Post, "/v1/console/links", one);
            Assert.Equal(HttpStatusCode.Forbidden, refusal.StatusCode);
            var problem = await refusal.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal("session_not_prolonged", problem.GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task A_link_logs_in_once_with_the_rights_of_who_made_it()
    {
        var secret = await LinkAsync(api.AdminKey, "");
        var asSession = await SendAsync(HttpMethod.Get, "/v1/calls/live", $"{SessionCookie.Name}={secret}");
        Assert.Equal(HttpStatusCode.Unauthorized, asSession.StatusCode);
        var cookie = (await LogInAsync(new { link = secret })).Headers.GetValues("Set-Cookie").Single();
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/v1/keys", cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await LogInAsync(new { link = secret })).StatusCode);
    }

    [Fact]
    public async Task The_issuer_logs_in_by_a_code_that_only_this_browser_can_use()
    {
        var (_, console) = await api.StartAsync("--AdminApi:Oidc:ClientId=console");
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false };
        using var browser = new HttpClient(handler) { BaseAddress = console.BaseAddress };
        var begun = await browser.GetAsync("/console/oidc");
        var question = QueryHelpers.ParseQuery(begun.Headers.Location!.Query);
        Assert.Equal(
            "code S256 console", $"{question["response_type"]} {question["code_challenge_method"]} {question["client_id"]}");
        var code = api.Issuer.Code(question["code_challenge"]!, api.Issuer.Token("gateway:read"));
        var memory = begun.Headers.GetValues("Set-Cookie").Single();

        var stranger = await browser.GetAsync($"/console/oidc/callback?code={code}&state={question["state"]}");
        Assert.Equal("/console/#error=oidc", stranger.Headers.Location!.ToString());
        using var back = new HttpRequestMessage(HttpMethod.Get, $"/console/oidc/callback?code={code}&state={question["state"]}");
        back.Headers.Add("Cookie", memory.Split(';')[0]);
        var answer = await browser.SendAsync(back);
        Assert.Equal("/console/", answer.Headers.Location!.ToString());
        using var request = new HttpRequestMessage(HttpMethod.Get, Session);
        var cookie = answer.Headers.GetValues("Set-Cookie")
            .Single(one => one.StartsWith(SessionCookie.Name + "=", StringComparison.Ordinal));
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        var session = await (await browser.SendAsync(request)).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("oidc:anna", session.GetProperty("actor").GetString());
    }

    [Fact]
    public async Task Who_makes_up_log_ins_by_the_issuer_is_stopped_before_the_issuer_is_asked()
    {
        var (_, console) = await api.StartAsync("--AdminApi:Oidc:ClientId=console");
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false };
        using var browser = new HttpClient(handler) { BaseAddress = console.BaseAddress };
        browser.DefaultRequestHeaders.Add("Cookie", "gateway_console_oidc=made.up");
        var (before, statuses) = (api.Issuer.Exchanges, new List<HttpStatusCode>());
        for (var i = 0; i < 31; i++)
        {
            using var answer = await browser.GetAsync($"/console/oidc/callback?code={i}&state=made");
            statuses.Add(answer.StatusCode);
        }
        Assert.Equal(30, statuses.Count(status => status == HttpStatusCode.Redirect));
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        Assert.Equal(30, api.Issuer.Exchanges - before);
    }

    [Fact]
    public async Task The_console_runs_nothing_but_its_own_files()
    {
        foreach (var path in new[] { "/console", "/console/", "/console/calls/1", "/console/main.js", "/console/console.css" })
        {
            var answer = await api.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("script-src 'self'", policy);
            Assert.DoesNotContain("unsafe", policy);
        }
        Assert.Equal("text/javascript", (await api.Client.GetAsync("/console/main.js")).Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task The_first_load_is_small()
    {
        var size = 0L;
        var script = await api.Client.GetStringAsync("/console/main.js");
        // What it imports at once; the phone is loaded where it is switched on.
        var parts = Regex.Matches(script, "from\"\\./([^\"]+)\"").Select(part => "/console/" + part.Groups[1].Value);
        string[] paths = ["/console/", "/console/main.js", "/console/console.css", "/console/theme.js", "/console/icon.svg", .. parts];
        Assert.Contains("import(\"./line-", script);
        foreach (var path in paths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Accept-Encoding", "br");
            size += (await (await api.Client.SendAsync(request)).Content.ReadAsByteArrayAsync()).Length;
        }
        Assert.InRange(size, 1, 300_000);
    }

    private async Task<string> CookieAsync(params Scope[] scopes) =>
        (await LogInAsync(new { key = await api.KeyAsync(scopes) })).Headers.GetValues("Set-Cookie").Single();

    /// <summary>The secret of a link that somebody makes, by a key or token or by the cookie of a session.</summary>
    private async Task<string> LinkAsync(string maker, string query)
    {
        var isSession = maker.StartsWith(SessionCookie.Name, StringComparison.Ordinal);
        var answer = await SendAsync(
            HttpMethod.Post, "/v1/console/links" + query, isSession ? maker : null, bearer: isSession ? null : maker);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("path").GetString()!.Split("#link=")[1];
    }

    private async Task<string> EnterAsync(string link) =>
        (await LogInAsync(new { link })).Headers.GetValues("Set-Cookie").Single();

    private async Task<string> ScopesAsync(string cookie)
    {
        var session = await (await SendAsync(HttpMethod.Get, Session, cookie)).Content.ReadFromJsonAsync<JsonElement>();
        return string.Join(',', session.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()));
    }

    private Task<HttpResponseMessage> LogInAsync(object body) => SendAsync(HttpMethod.Post, Session, null, body);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? cookie, object? body = null, bool isOwn = true, string? bearer = null)
    {
        using var handler = new HttpClientHandler { UseCookies = false };
        using var browser = new HttpClient(handler) { BaseAddress = api.Client.BaseAddress };
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (isOwn)
            request.Headers.Add(SessionCookie.Header, "1");
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie.Split(';')[0]);
        if (bearer is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        var answer = await browser.SendAsync(request);
        await answer.Content.LoadIntoBufferAsync();
        return answer;
    }
}
