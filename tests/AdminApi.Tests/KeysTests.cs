using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AdminApi.Keys;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Dapper;
using Microsoft.IdentityModel.Tokens;
using Testing.Peers;

namespace AdminApi.Tests;

/// <summary>The callers that are authorized, and those that are not.</summary>
[Collection(ApiCollection.Name)]
public sealed class KeysTests(ApiFixture api)
{
    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Bearer wag_abcdefghijkl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Basic MDEyMzQ1")]
    public async Task Without_a_key_nothing_is_answered(string? header)
    {
        var (_, client) = await api.StartAsync(); // of its own: wrong keys are counted
        foreach (var path in new[] { "/v1/calls/live", "/openapi/v1.json", "/v1/no-such-path" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (header is not null)
                request.Headers.TryAddWithoutValidation("Authorization", header);
            var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
        }
        Assert.Equal("ok\n", await client.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task A_forged_key_of_a_real_id_is_refused()
    {
        var key = await api.KeyAsync(Scope.Admin);
        var forged = key[..^1] + (key[^1] == 'x' ? 'y' : 'x');
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(key));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(forged));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(key + "_"));
    }

    [Fact]
    public async Task A_key_ends_when_it_expires_or_is_revoked()
    {
        var (expired, revoked) = (await api.KeyAsync(Scope.Read), await api.KeyAsync(Scope.Read));
        await using var connection = await api.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = @id", new { id = IdOf(expired) });
        await api.ReadAsync(api.Delete($"/v1/keys/{IdOf(revoked)}", 1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(expired));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(revoked));
    }

    [Fact]
    public async Task After_a_rotation_both_texts_work_until_the_grace_is_over()
    {
        var first = await api.KeyAsync(Scope.Read);
        var second = (await api.ReadAsync(api.Post($"/v1/keys/{IdOf(first)}/rotate", new { graceSeconds = 3600 }, 1))).GetProperty("text")
            .GetString()!;
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await StatusAsync(first), await StatusAsync(second)));

        await using var connection = await api.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "UPDATE api_keys SET previous_until = now() - interval '1 second' WHERE id = @id", new { id = IdOf(first) });
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await StatusAsync(first), await StatusAsync(second)));
    }

    [Fact]
    public async Task The_use_of_a_key_is_noted_and_its_text_is_nowhere()
    {
        var made = await api.ReadAsync(api.Post("/v1/keys", new { name = "noted", scopes = new[] { "read" } }));
        var (text, id) = (made.GetProperty("text").GetString()!, made.GetProperty("key").GetProperty("id").GetString()!);
        Assert.Equal(JsonValueKind.Null, made.GetProperty("key").GetProperty("lastUsedAt").ValueKind);
        await StatusAsync(text);
        var used = (await api.ReadAsync(api.Get($"/v1/keys/{id}"))).GetProperty("lastUsedAt").GetDateTimeOffset();
        await StatusAsync(text);
        // at most once a minute
        Assert.Equal(used, (await api.ReadAsync(api.Get($"/v1/keys/{id}"))).GetProperty("lastUsedAt").GetDateTimeOffset());

        await using var connection = await api.Database.OpenConnectionAsync();
        var everything = await connection.QueryAsync<string>(
            "SELECT k::text FROM api_keys k UNION ALL SELECT a::text FROM audit_entries a UNION ALL SELECT i::text FROM " +
                "idempotent_requests i");
        Assert.DoesNotContain(everything, row => row.Contains(text.Split('_')[2], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Scope.Read, 200, 403, 403)]
    [InlineData(Scope.Operate, 200, 422, 403)]
    [InlineData(Scope.Billing, 200, 403, 403)]
    [InlineData(Scope.Admin, 200, 422, 200)]
    public async Task A_scope_opens_what_it_implies_and_no_more(Scope scope, int read, int operate, int admin)
    {
        var key = await api.KeyAsync(scope);
        Assert.Equal(
            (read, operate, admin),
            ((int)await StatusAsync(key), (int)await StatusAsync(
                key, HttpMethod.Post, "/v1/calls/live/1/recording"), (int)await StatusAsync(key, HttpMethod.Get, "/v1/keys")));
    }

    [Fact]
    public async Task The_configured_key_opens_everything_until_a_key_of_scope_admin_exists()
    {
        await using var connection = await api.Database.OpenConnectionAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(ApiFixture.ConfiguredKey));
        await connection.ExecuteAsync("UPDATE api_keys SET scopes = '{read}'");
        try
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(ApiFixture.ConfiguredKey, HttpMethod.Get, "/v1/keys"));
        }
        finally
        {
            await connection.ExecuteAsync("UPDATE api_keys SET scopes = '{admin}' WHERE id = @id", new { id = IdOf(api.AdminKey) });
        }
    }

    [Fact]
    public async Task Who_tries_wrong_keys_is_slowed_down_and_others_are_not()
    {
        var (_, client) = await api.StartAsync();
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 31; i++)
            statuses.Add(await StatusAsync($"wag_abcdefghijkl_{i}", client: client));
        Assert.Equal(30, statuses.Count(status => status == HttpStatusCode.Unauthorized));
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(api.AdminKey, client: client)); // from the same address
    }

    [Fact]
    public async Task A_token_of_the_issuer_opens_what_its_scopes_say_and_is_named_in_the_audit_log()
    {
        var token = api.Issuer.Token("openid gateway:admin");
        using var request = api.Post("/v1/keys", new { name = "by a token", scopes = new[] { "read" } });
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var made = await api.ReadAsync(request);
        Assert.Equal("oidc:anna", made.GetProperty("key").GetProperty("createdBy").GetString());
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api.Issuer.Token("gateway:read"), HttpMethod.Get, "/v1/keys"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api.Issuer.Token("read admin")));
    }

    [Fact]
    public async Task Tokens_that_are_old_foreign_or_forged_are_refused()
    {
        var unexpectedSource = new SigningCredentials(new RsaSecurityKey(RSA.Create(2048)) { KeyId = "one" }, SecurityAlgorithms.RsaSha256);
        var shared = new SigningCredentials(new SymmetricSecurityKey(new byte[32]) { KeyId = "one" }, SecurityAlgorithms.HmacSha256);
        var good = api.Issuer.Token("gateway:admin");
        var unsigned = $"{Base64Url("{\"alg\":\"none\",\"typ\":\"JWT\"}")}.{good.Split('.')[1]}.";
        foreach (var token in new[]
        {
            api.Issuer.Token("gateway:admin", lifetime: TimeSpan.FromMinutes(-5)),
            api.Issuer.Token("gateway:admin", audience: "somebody else"),
            api.Issuer.Token("gateway:admin", issuer: "https://elsewhere.example"),
            api.Issuer.Token("gateway:admin", signedBy: unexpectedSource),
            api.Issuer.Token("gateway:admin", signedBy: shared),
            api.Issuer.Token("gateway:admin", subject: null),
            unsigned,
        })
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(token));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(good));
    }

    [Fact]
    public async Task Scopes_may_stand_in_a_list()
    {
        var token = api.Issuer.Token(new[] { "openid", "gateway:admin" });
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(token, HttpMethod.Get, "/v1/keys"));
    }

    [Fact]
    public async Task A_key_that_the_issuer_renewed_is_taken_without_a_restart()
    {
        await using var issuer = new TokenIssuer();
        await issuer.StartAsync();
        var (_, client) = await api.StartAsync($"--AdminApi:Oidc:Issuer={issuer.Url}");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(issuer.Token("gateway:read"), client: client));
        issuer.Rotate("two");
        var status = HttpStatusCode.Unauthorized;
        // The keys may be read in the background.
        for (var tries = 0; tries < 25 && status != HttpStatusCode.OK; tries++, await Task.Delay(100))
            status = await StatusAsync(issuer.Token("gateway:read"), client: client);
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task While_the_issuer_does_not_answer_a_token_is_not_called_wrong()
    {
        var (_, client) = await api.StartAsync($"--AdminApi:Oidc:Issuer=http://127.0.0.1:{LoopbackPorts.Take()}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(api.Issuer.Token("gateway:read"), client: client));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(api.AdminKey, client: client));
    }

    [Fact]
    public async Task The_command_line_makes_a_key_that_works()
    {
        using var output = new StringWriter();
        Assert.Equal(0, await CreateKeyCommand.RunAsync(
            ["create-key", "shell", "read,operate", $"--AdminApi:Postgres={api.Stores.Postgres}"], output));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(output.ToString().Trim()));
        Assert.Equal(
            2, await CreateKeyCommand.RunAsync(["create-key", "shell", "root", $"--AdminApi:Postgres={api.Stores.Postgres}"], output));
    }

    private static string IdOf(string key) => key.Split('_')[1];

    private static string Base64Url(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private async Task<HttpStatusCode> StatusAsync(
        string key, HttpMethod? method = null, string path = "/v1/calls/live", HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        using var answer = await (client ?? api.Client).SendAsync(request);
        return answer.StatusCode;
    }
}
