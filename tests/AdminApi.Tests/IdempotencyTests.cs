using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Dapper;

namespace AdminApi.Tests;

/// <summary>Operations that spend or send are done once, whatever is repeated.</summary>
[Collection(ApiCollection.Name)]
public sealed class IdempotencyTests(ApiFixture api) : IAsyncLifetime
{
    private string _account = "";

    public async Task InitializeAsync()
    {
        _account = "i" + Guid.NewGuid().ToString("n")[..12];
        await api.ReadAsync(api.Post("/v1/accounts", new { id = _account, name = "idempotent", currency = "EUR" }));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_repetition_gets_the_first_answer_byte_for_byte()
    {
        var first = await api.Client.SendAsync(TopUp("one"));
        var again = await api.Client.SendAsync(TopUp("one"));
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal((first.StatusCode, first.Headers.Location), (again.StatusCode, again.Headers.Location));
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal("10.00", await BalanceAsync());
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused_and_nothing_changes()
    {
        await api.ReadAsync(TopUp("two"));
        Assert.Equal((409, "idempotency_key_reused"), await api.FailAsync(TopUp("two", "20.00")));
        Assert.Equal("10.00", await BalanceAsync());
    }

    [Fact]
    public async Task Of_many_at_once_one_is_done()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => api.Client.SendAsync(TopUp("race"))));
        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.Created, HttpStatusCode.Conflict }));
        foreach (var answer in answers.Where(a => a.StatusCode == HttpStatusCode.Conflict))
            Assert.Equal("request_in_progress", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        Assert.Equal("10.00", await BalanceAsync());
        Assert.Equal(HttpStatusCode.Created, (await api.Client.SendAsync(TopUp("race"))).StatusCode);
    }

    [Fact]
    public async Task What_a_crash_cut_short_can_be_repeated_after_a_while_and_still_happens_once()
    {
        await api.ReadAsync(TopUp("crash"));
        await using var connection = await api.Database.OpenConnectionAsync();
        const string cutShort = "UPDATE idempotent_requests SET status = NULL, headers = NULL, body = NULL WHERE key = @key";
        await connection.ExecuteAsync(cutShort, new { key = Key("crash") });
        using (var busy = await api.Client.SendAsync(TopUp("crash")))
            Assert.InRange(busy.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15));
        Assert.Equal((409, "request_in_progress"), await api.FailAsync(TopUp("crash")));
        await connection.ExecuteAsync(
            "UPDATE idempotent_requests SET created_at = now() - interval '16 seconds' WHERE key = @key", new { key = Key("crash") });
        await api.ReadAsync(TopUp("crash"));
        Assert.Equal("10.00", await BalanceAsync());
    }

    [Fact]
    public async Task Keys_of_different_callers_do_not_meet()
    {
        await api.ReadAsync(TopUp("mine"));
        var theirs = TopUp("mine", "5.00");
        theirs.Headers.Authorization = new("Bearer", await api.KeyAsync(Scope.Billing));
        await api.ReadAsync(theirs);
        Assert.Equal("15.00", await BalanceAsync());
    }

    [Fact]
    public async Task A_request_that_could_not_be_read_uses_up_no_key()
    {
        Assert.Equal((400, "invalid_request"), await api.FailAsync(TopUp("again", body: "{")));
        Assert.Equal((409, "idempotency_key_reused"), await ThenAsync("again"));

        async Task<(int, string)> ThenAsync(string key)
        {
            await api.ReadAsync(TopUp(key));
            return await api.FailAsync(TopUp(key, "30.00"));
        }
    }

    private string Key(string name) => $"{_account}-{name}";

    private HttpRequestMessage TopUp(string key, string amount = "10.00", string? body = null)
    {
        var request = api.Post($"/v1/accounts/{_account}/top-ups", body ?? (object)new { amount, currency = "EUR" });
        request.Headers.Remove(Idempotency.Header);
        request.Headers.Add(Idempotency.Header, Key(key));
        return request;
    }

    private async Task<string> BalanceAsync() =>
        (await api.ReadAsync(api.Get($"/v1/accounts/{_account}"))).GetProperty("balance").GetString()!;
}
