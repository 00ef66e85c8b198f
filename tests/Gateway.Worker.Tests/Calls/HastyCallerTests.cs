using Gateway.Calls;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>A PBX whose CANCEL comes with its INVITE: the phone has given up before the call is begun.</summary>
[Collection(StoresCollection.Name)]
public sealed class HastyCallerTests(Stores stores)
{
    private const int Calls = 50;

    [Fact]
    public async Task Who_gives_up_at_once_is_recorded_as_that()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        for (var i = 0; i < Calls; i++)
            Assert.StartsWith(
                "SIP/2.0 487", await SipProbe.InviteAsync(bench.Gateway.SipPort, user.Phone, givesUp: true), StringComparison.Ordinal);
        var rows = await Eventually.SeeAsync(
            () => bench.Gateway.RowsAsync(user.Phone), rows => rows.Count == Calls && rows.All(row => row.HasEnded), "the records");
        Assert.All(rows, row => Assert.Equal(WireName.Of(HangupCause.CallerGaveUp), row.Cause));
        Assert.Empty(bench.WhatsApp.Calls);
    }
}
