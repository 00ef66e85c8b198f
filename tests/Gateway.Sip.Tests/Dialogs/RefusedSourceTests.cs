using Gateway.Sip.Auth;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Dialogs;

public class RefusedSourceTests
{
    private const string Source = "10.0.0.9:5060";

    [Fact]
    public void Wrong_digests_are_counted_and_soon_no_longer_looked_at_until_time_has_passed()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent(
            "10.0.0.1:5060", SipBench.Trunk(Source) with { InboundCredentials = new SipCredentials("pbx", "secret") });
        var pbx = bench.AddPeer(Source);
        pbx.Request(gateway.Address, "INVITE", "first", 1, "first", null, "offer");
        bench.Run();
        var nonce = pbx.LastResponse.Headers["WWW-Authenticate"]!.Split("nonce=\"")[1].Split('"')[0];
        for (var i = 0; i < 50; i++)
            Guess(pbx, gateway, nonce, i);
        bench.Run();
        Assert.Equal(1 + 10, bench.CountOf(401, "INVITE"));
        Assert.Equal(40, bench.CountOf(403, "INVITE"));
        Assert.Equal(50, gateway.Transactions.CountOf(SipDrop.WrongCredentials));
        bench.Run(10);
        Guess(pbx, gateway, nonce, 100);
        bench.Run();
        Assert.Equal(401, pbx.LastResponse.StatusCode);
        Assert.Empty(gateway.Incoming);
    }

    [Fact]
    public void A_storm_of_invites_is_answered_before_anything_is_kept_of_it()
    {
        var bench = new SipBench();
        var gateway = bench.AddAgent("10.0.0.1:5060", SipBench.Trunk(Source) with { MaxCallRate = 10 });
        var pbx = bench.AddPeer(Source);
        for (var i = 0; i < 60; i++)
            pbx.Request(gateway.Address, "INVITE", $"storm{i}", 1, $"f{i}", null, "offer");
        bench.Run();
        Assert.Equal(20, gateway.Incoming.Count);
        Assert.Equal(40, bench.CountOf(503, "INVITE"));
        Assert.NotNull(bench.LastResponse(503, "INVITE").Headers["Retry-After"]);
        bench.Run(1);
        pbx.Request(gateway.Address, "INVITE", "later", 1, "later", null, "offer");
        bench.Run();
        Assert.Equal(21, gateway.Incoming.Count);
    }

    private static void Guess(ScriptedPeer pbx, TestAgent gateway, string nonce, int i) => pbx.Request(
        gateway.Address, "INVITE", $"guess{i}", 1, $"f{i}", null, "offer", null,
        ("Authorization",
            $"Digest username=\"pbx\", realm=\"10.0.0.9\", nonce=\"{nonce}\", uri=\"sip:gw@10.0.0.1:5060\", " +
            $"response=\"00000000000000000000000000000000\""));
}
