using Interop.Bench;

namespace Interop.Sipp;

/// <summary>
/// Requests that the gateway refuses: from unexpected sources, with wrong passwords, malformed. Each gets its proper refusal, and the next
/// call works.
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class AgentIsRefusedTests(SippBench bench) : IClassFixture<SippBench>
{
    [Fact]
    public async Task An_unexpected_source_is_refused_and_WhatsApp_never_asked()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.UnexpectedSource, user, "agent-is-refused");
        var trace = await agent.DoneAsync();
        Assert.NotEmpty(trace.Gateway("403", "INVITE"));
        await NoCallToAsync(user);
    }

    [Fact]
    public async Task An_agent_who_proves_the_password_may_call()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Guarded, user, "agent-logs-in", ("secret", SippBench.AgentPassword));
        var trace = await agent.DoneAsync();
        Assert.True(trace.Gateway("401").Count == 1, trace.ToString());
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "pbx_hung_up");
    }

    [Fact]
    public async Task An_agent_with_a_wrong_password_may_not()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Guarded, user, "agent-logs-in", ("secret", "guessed"));
        var trace = await agent.DoneAsync();
        Assert.Equal(2, trace.Gateway("401", "INVITE").Select(challenge => challenge["CSeq"]).Distinct().Count());
        await NoCallToAsync(user);
    }

    [Fact]
    public async Task Who_is_no_WhatsApp_user_cannot_be_dialled()
    {
        await using var agent = bench.Call(SippBench.Plain, "reception", "agent-is-refused");
        var trace = await agent.DoneAsync();
        Assert.NotEmpty(trace.Gateway("404", "INVITE"));
        await bench.NothingIsLiveAsync();
    }

    [Fact]
    public async Task Nonsense_gets_its_refusal_and_the_next_call_works()
    {
        var user = await bench.WhatsApp.UserAsync();
        await using var agent = bench.Call(SippBench.Plain, user, "agent-talks-nonsense");
        var trace = await agent.DoneAsync();
        await bench.EndsWithAsync(await bench.WhatsApp.IncomingAsync(user), "pbx_hung_up");

        Assert.Equal("teleportation", trace.Gateway("420")[0]["Unsupported"]);
        Assert.Contains("application/sdp", trace.Gateway("415")[0]["Accept"]);
        Assert.Equal("90", trace.Gateway("422")[0]["Min-SE"]);
    }

    [Fact]
    public async Task Requests_outside_a_call_are_answered_as_they_deserve()
    {
        await using var agent = bench.Call(SippBench.Plain, "15550001001", "unknown-to-calls");
        var trace = await agent.DoneAsync();
        Assert.Contains("INVITE", trace.Gateway("200", "OPTIONS")[0]["Allow"]);
        Assert.Contains("INVITE", trace.Gateway("405")[0]["Allow"]);
        await bench.NothingIsLiveAsync();
    }

    private async Task NoCallToAsync(string user)
    {
        Assert.Empty(await bench.WhatsApp.CallsAsync("?user=" + user));
        await bench.NothingIsLiveAsync();
    }
}
