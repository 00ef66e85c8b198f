using System.Net;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Endpoint;

public class TrunkTests
{
    [Fact]
    public async Task A_trunk_is_up_when_it_answers_options()
    {
        using var pbx = new RawPeer();
        await using var gateway = await EndpointBench.StartAsync(
            trunks: EndpointBench.Trunk(pbx.Port) with { Profile = EndpointBench.Profile with { OptionsInterval = 30 } });
        Assert.Equal(TrunkState.Unknown, gateway.GetTrunkHealth("pbx")!.State);
        pbx.Respond(await pbx.RequestAsync("OPTIONS"), 404);
        await UntilAsync(() => gateway.GetTrunkHealth("pbx")!.State == TrunkState.Up);
        Assert.NotNull(gateway.GetTrunkHealth("pbx")!.RoundTrip);
        Assert.Null(gateway.GetTrunkHealth("nobody"));
    }

    [Fact]
    public async Task A_trunk_without_keepalive_counts_as_up()
    {
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        Assert.Equal(TrunkState.Up, gateway.GetTrunkHealth("pbx")!.State);
    }

    [Fact]
    public async Task Registers_with_credentials_and_the_registrars_minimum_and_leaves_at_the_end()
    {
        using var pbx = new RawPeer();
        await using (var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(pbx.Port) with
        {
            RegisterUser = "6001",
            Domain = "pbx.test",
            Credentials = new SipCredentials("6001", "secret"),
            Profile = EndpointBench.Profile with { RegisterExpires = 120 },
        }))
        {
            var first = await pbx.RequestAsync("REGISTER");
            Assert.Equal(
                ("sip:pbx.test", "sip:6001@pbx.test", "120"), (first.Uri.ToString(), first.To.Uri.ToString(), first.Headers["Expires"]));
            pbx.Respond(first, 401, ("WWW-Authenticate", "Digest realm=\"pbx\", nonce=\"abc\", algorithm=SHA-256, qop=\"auth\""));
            var second = await pbx.RequestAsync("REGISTER");
            Assert.Contains("algorithm=SHA-256", second.Headers["Authorization"]);
            Assert.Equal(first.CSeq.Number + 1, second.CSeq.Number);
            pbx.Respond(second, 423, ("Min-Expires", "600"));
            var third = await pbx.RequestAsync("REGISTER");
            Assert.Equal("600", third.Headers["Expires"]);
            Assert.False(gateway.GetTrunkHealth("pbx")!.Registered);
            pbx.Respond(third, 200, ("Contact", $"{third.Contact};expires=600"));
            await UntilAsync(() => gateway.GetTrunkHealth("pbx")!.Registered == true);
            Assert.Equal("6001", third.Contact!.Uri.User);

            var answering = Task.Run(async () =>
            {
                var last = await pbx.RequestAsync("REGISTER");
                pbx.Respond(last, 200);
                return last;
            });
            await gateway.DisposeAsync();
            Assert.Equal("0", (await answering).Headers["Expires"]);
        }
    }

    [Fact]
    public async Task A_dead_server_is_left_for_its_backup()
    {
        using var pbx = new RawPeer();
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9) with
        {
            BackupServers = [$"127.0.0.1:{pbx.Port}"],
            RequestTimeout = TimeSpan.FromSeconds(1),
        });
        var call = gateway.Invite(EndpointBench.Call());
        var invite = await pbx.RequestAsync("INVITE");
        pbx.Respond(invite, 486);
        Assert.Equal(486, (await EndpointBench.NextAsync<SipCallEvent.Failed>(call)).Status);
    }

    [Fact]
    public async Task Calls_to_an_unknown_trunk_fail_at_once()
    {
        await using var gateway = await EndpointBench.StartAsync();
        Assert.Equal(404, (await EndpointBench.NextAsync<SipCallEvent.Failed>(gateway.Invite(EndpointBench.Call()))).Status);
    }

    [Fact]
    public async Task An_unexpected_source_is_refused_and_a_malformed_request_of_the_trunk_is_answered()
    {
        using var pbx = new RawPeer();
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(pbx.Port));
        await using var closed = await EndpointBench.StartAsync(
            trunks: EndpointBench.Trunk(9) with { Server = "192.0.2.1", AllowedSources = [] });
        pbx.Send(EndpointBench.PortOf(gateway), Invite(pbx.Port, "From: <sip:a@b>;tag=1\nCSeq: 1 INVITE\nContent-Length: many"));
        Assert.Equal(400, Assert.IsType<SipResponse>(await pbx.ReceiveAsync()).StatusCode);
        pbx.Send(EndpointBench.PortOf(closed), Invite(pbx.Port, "From: <sip:a@b>;tag=1\nCSeq: 1 INVITE"));
        Assert.Equal(403, Assert.IsType<SipResponse>(await pbx.ReceiveAsync()).StatusCode);
    }

    [Fact]
    public async Task A_draining_endpoint_refuses_new_calls()
    {
        await using var pbx = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(EndpointBench.PortOf(pbx)));
        var running = gateway.Invite(EndpointBench.Call());
        var callee = await EndpointBench.IncomingAsync(pbx);
        pbx.Drain();
        Assert.Equal(503, (await EndpointBench.NextAsync<SipCallEvent.Failed>(gateway.Invite(EndpointBench.Call()))).Status);
        await callee.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(running);
    }

    [Fact]
    public async Task Stopping_ends_running_calls_on_both_sides()
    {
        await using var pbx = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(EndpointBench.PortOf(pbx)));
        var call = gateway.Invite(EndpointBench.Call());
        var callee = await EndpointBench.IncomingAsync(pbx);
        await callee.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(call);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(callee);
        await gateway.DisposeAsync();
        Assert.Equal(SipCallEnd.Stopped, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(callee)).By);
        await call.HangUpAsync();
        Assert.False(await gateway.IncomingCalls.WaitToReadAsync());
    }

    [Fact]
    public async Task An_owner_that_reads_no_events_loses_its_call_and_no_other()
    {
        using var pbx = new RawPeer();
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(pbx.Port));
        var call = gateway.Invite(EndpointBench.Call());
        var invite = await pbx.RequestAsync("INVITE");
        for (var i = 0; i < 80; i++) // more than the channel holds
            pbx.Respond(invite, i % 2 == 0 ? 180 : 181);
        await pbx.RequestAsync("CANCEL");
        var other = gateway.Invite(EndpointBench.Call());
        pbx.Respond(await pbx.RequestAsync("INVITE"), 486);
        Assert.Equal(486, (await EndpointBench.NextAsync<SipCallEvent.Failed>(other)).Status);
        Assert.Equal(64, await call.Events.ReadAllAsync().CountAsync());
    }

    [Fact]
    public async Task Listening_on_all_addresses_needs_an_advertised_host()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => EndpointBench.StartAsync(address: IPAddress.Any));
        await Assert.ThrowsAsync<ArgumentException>(() => EndpointBench.StartAsync(SipTransport.Tls));
    }

    private static string Invite(int port, string headers) => $"""
        INVITE sip:100@127.0.0.1 SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bKraw
        To: <sip:100@127.0.0.1>
        Call-ID: raw
        Contact: <sip:a@127.0.0.1:{port}>
        {headers}


        """;

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!reached())
            await Task.Delay(5, timeout.Token);
    }
}
