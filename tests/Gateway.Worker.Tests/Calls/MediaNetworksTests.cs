using System.Net;
using Gateway.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>
/// A PBX in the LAN and another on the internet: media of each trunk is advertised with its own address, and leaves from it.
/// </summary>
[Collection(StoresCollection.Name)]
public sealed class MediaNetworksTests(Stores stores)
{
    private const string Lan = "127.0.0.2", Internet = "127.0.0.3";

    [Theory]
    [InlineData("lan", Lan)]
    [InlineData("internet", Internet)]
    [InlineData("default", Lan)]
    public async Task Each_trunk_has_its_own(string trunk, string address)
    {
        await using var bench = await StartAsync(trunk);
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        await HearsFromAsync(bench, await bench.Pbx.NextAsync(), address);
        await bench.WhatsApp.HangUpAsync(call);
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
    }

    [Theory]
    [InlineData("lan", "internet", Internet)]
    [InlineData("internet", "lan", Lan)]
    [InlineData("lan", "default", Lan)]
    public async Task A_call_that_goes_on_to_a_trunk_of_the_other_network_takes_that_ones(string first, string second, string address)
    {
        await using var bench = await StartAsync(first, second);
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        await (await bench.Pbx.NextAsync()).RejectAsync(503);
        await HearsFromAsync(bench, await bench.Pbx.NextAsync(), address);
        await bench.WhatsApp.HangUpAsync(call);
        Assert.Equal(second, (await bench.EndsAsync(call, HangupCause.WhatsAppHungUp)).Trunk);
    }

    private static async Task HearsFromAsync(CallBench bench, PbxCall agent, string address)
    {
        Assert.Contains($"c=IN IP4 {address}\r\n", agent.Sip.Info.Offer, StringComparison.Ordinal);
        await agent.AnswerAsync();
        await agent.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(bench.WhatsApp.Calls.Single(), Pbx.Hertz); // what the PBX sends to that address is taken too
        Assert.Equal([IPAddress.Parse(address)], agent.Phone.Sources);
    }

    private Task<CallBench> StartAsync(params string[] trunks) => CallBench.StartAsync(stores, options => options with
    {
        Sip = options.Sip with
        {
            Trunks =
            [
                options.Sip.Trunks[0] with { Name = "lan", MediaAddress = Lan },
                options.Sip.Trunks[0] with { Name = "internet", MediaAddress = Internet },
                options.Sip.Trunks[0] with { Name = "default" },
            ],
        },
        Channels = [options.Channels[0] with { Trunks = trunks }],
        Media = options.Media with
        {
            Pbx = options.Media.Pbx with { Bindings = [new MediaBinding { Bind = Lan }, new MediaBinding { Bind = Internet }] },
        },
    });
}
