using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests;

/// <summary>`route-test` explains calls of both directions by the configuration and by what PostgreSQL knows.</summary>
[Collection(StoresCollection.Name)]
public sealed class RouteTestCommandTests(Stores stores)
{
    [Fact]
    public async Task It_leads_an_imagined_call_each_way_and_says_why()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var options = bench.Gateway.Options;
        var (code, text) = await RunAsync(options, "inbound", options.Channels[0].Number, "+447912345678");
        Assert.True(code == 0, text);
        Assert.Contains("Settings: calls are allowed now", text, StringComparison.Ordinal);
        Assert.Contains("the channel's own routes apply", text, StringComparison.Ordinal);
        Assert.Contains($"1. +{options.Channels[0].Number} at 127.0.0.1:{bench.Pbx.Port}, trunk 'main', profile generic", text,
            StringComparison.Ordinal);

        (code, text) = await RunAsync(options, "main", "+447912345678");
        Assert.True(code == 0, text);
        Assert.Contains("Calls +447912345678", text, StringComparison.Ordinal);
        Assert.Contains("Permission: none is known here", text, StringComparison.Ordinal);

        (code, text) = await RunAsync(options, "inbound", "4711");
        Assert.Equal(1, code);
        Assert.Contains("Channel: none has the id or number '4711'", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_PostgreSQL_it_says_what_is_not_known_and_goes_by_the_configuration()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var options = bench.Gateway.Options;
        var (code, text) = await RunAsync(
            options with { Storage = options.Storage with { Postgres = new Secret("Host=127.0.0.1;Port=1;Username=x") } },
            "inbound", options.Channels[0].PhoneNumberId);
        Assert.True(code == 0, text);
        Assert.Contains("PostgreSQL does not answer", text, StringComparison.Ordinal);
        Assert.Contains("Rings 1 route(s)", text, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Text)> RunAsync(GatewayOptions options, params string[] words)
    {
        using var output = new StringWriter();
        return (await new RouteTestCommand(options, TimeProvider.System, output).RunAsync(words), output.ToString());
    }
}
