using Gateway.WhatsApp.Graph;
using Microsoft.Extensions.Logging;
using Testing;

namespace Gateway.WhatsApp.Tests;

/// <summary>A token that Meta refuses is shown, with warnings, until it works again.</summary>
public sealed class TokenHealthTests
{
    [Theory]
    [InlineData(401, 190, "")]
    [InlineData(401, 0, "")]
    [InlineData(403, 10, "")]
    [InlineData(403, 200, "")]
    [InlineData(400, 100, ",\"error_subcode\":33")]
    public async Task A_refused_token_is_shown_and_warned_of_once_a_minute_until_it_works(int status, int code, string more)
    {
        var logs = new KeptLogs();
        await using var graph = await ScriptedGraph.StartAsync(logger: logs);
        var refusal = $$$"""{"error":{"message":"x","code":{{{code}}}{{{more}}}}}""";
        graph.Then(status, refusal).Then(status, refusal).Then(200, ScriptedGraph.Ok);

        await graph.Client.RejectAsync(ScriptedGraph.Number, "wacid.1");
        await graph.Client.RejectAsync(ScriptedGraph.Number, "wacid.2");
        Assert.Equal(ScriptedGraph.Number.PhoneNumberId, Assert.Single(graph.Client.RefusedTokens).Key);
        var warning = Assert.Single(logs.Lines, line => line.Level == LogLevel.Warning);
        Assert.Contains("channels[].accessToken", warning.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", warning.Text, StringComparison.Ordinal);

        await graph.Client.RejectAsync(ScriptedGraph.Number, "wacid.3");
        Assert.Empty(graph.Client.RefusedTokens);
    }

    [Theory]
    [InlineData(400, 100)]
    [InlineData(400, 138006)]
    [InlineData(500, 2)]
    public async Task Other_errors_say_nothing_of_the_token(int status, int code)
    {
        await using var graph = await ScriptedGraph.StartAsync(options => options with { MaxAttempts = 1 });
        graph.ThenError(status, code);
        await graph.Client.RejectAsync(ScriptedGraph.Number, "wacid.1");
        Assert.Empty(graph.Client.RefusedTokens);
    }
}
