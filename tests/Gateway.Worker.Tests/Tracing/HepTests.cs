using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Calls;
using Gateway.Sip.Capture;
using Gateway.Sip.Transport;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;
using Testing.Peers;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>A capture server sees every SIP message and each call's events, joined; one that is away holds up nothing.</summary>
[Collection(StoresCollection.Name)]
public sealed class HepTests(Stores stores)
{
    private static Func<GatewayOptions, GatewayOptions> To(string endpoint) => options => options with
    {
        Hep = new HepOptions { Endpoint = endpoint, Agent = 7, Password = new Secret("homer") },
        Trace = new TraceOptions { Calls = TracedCalls.None },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_capture_server_gets_a_calls_messages_and_events(bool isTcp)
    {
        await using var server = new HepReceiver(isTcp);
        await using var bench = await CallBench.StartAsync(stores, To(server.Endpoint));
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.RingAsync();
        await agent.RejectAsync(503);
        await bench.EndsAsync(call, HangupCause.PbxUnreachable);
        var id = await bench.IdAsync(call.User);
        await Eventually.SeeAsync(
            () => server.Packets.Any(packet => packet.Payload.StartsWith("end: ", StringComparison.Ordinal)), "the end of the call");

        var packets = server.Packets.Where(packet => packet.Correlation == id).ToArray();
        var sip = packets.Where(packet => packet.Protocol == (byte)HepProtocol.Sip).ToArray();
        string[] lines = ["INVITE ", "SIP/2.0 180 ", "SIP/2.0 503 ", "ACK "];
        Assert.All(lines, line => Assert.Contains(sip, packet => packet.Payload.StartsWith(line, StringComparison.Ordinal)));
        var invite = sip.First(packet => packet.Payload.StartsWith("INVITE ", StringComparison.Ordinal));
        Assert.Equal((bench.Gateway.SipPort, bench.Pbx.Port, 17), (invite.SourcePort, invite.DestinationPort, invite.Transport));
        Assert.Equal((7u, "homer"), (invite.Agent, invite.Password));
        var answer = sip.First(packet => packet.Payload.StartsWith("SIP/2.0 503", StringComparison.Ordinal));
        Assert.Equal((bench.Pbx.Port, bench.Gateway.SipPort), (answer.SourcePort, answer.DestinationPort));
        Assert.Contains(packets, packet => packet.Protocol == (byte)HepProtocol.Log
            && packet.Payload == "end: pbx_unreachable: PBX main answered 503 Service Unavailable to INVITE");
        Assert.Contains(packets, packet => packet.Payload.StartsWith("graph: pre_accept", StringComparison.Ordinal));
    }

    /// <summary>Of TLS comes what was inside, as if by TCP.</summary>
    [Fact]
    public async Task A_capture_server_reads_what_TLS_carries()
    {
        await using var server = new HepReceiver(isTcp: false);
        var (port, file) = (LoopbackPorts.Take(), Path.GetTempFileName());
        try
        {
            SelfSignedCertificate.Write(file);
            await using var bench = await CallBench.StartAsync(stores, options => To(server.Endpoint)(options) with
            {
                Sip = options.Sip with
                {
                    Listen = [.. options.Sip.Listen, $"tls:127.0.0.1:{port}"],
                    Tls = new SipTlsOptions { CertificatePath = file, KeyPath = file },
                },
            });
            await AskAsync(port);
            await SeenAsync(server, "OPTIONS sip:localhost SIP/2.0", packet => packet.DestinationPort == port);
            await SeenAsync(server, "SIP/2.0 ", packet => packet.SourcePort == port);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task AskAsync(int port)
    {
        const string Request = "OPTIONS sip:localhost SIP/2.0\r\nVia: SIP/2.0/TLS localhost;branch=z9hG4bKhep\r\nMax-Forwards: 70\r\n"
            + "From: <sip:a@localhost>;tag=1\r\nTo: <sip:localhost>\r\nCall-ID: hep-tls\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", port);
        await using var tls = new SslStream(connection.GetStream(), false, (_, shown, _, _) => shown?.Subject == "CN=localhost");
        await tls.AuthenticateAsClientAsync("localhost");
        await tls.WriteAsync(Encoding.ASCII.GetBytes(Request));
        Assert.NotEqual(0, await tls.ReadAsync(new byte[4096]));
    }

    private static Task SeenAsync(HepReceiver server, string begin, Func<ReceivedHep, bool> matches) => Eventually.SeeAsync(
        () => server.Packets.Any(packet => packet is { Protocol: (byte)HepProtocol.Sip, Transport: 6 }
            && packet.Payload.StartsWith(begin, StringComparison.Ordinal) && matches(packet)), $"a packet with {begin}");

    [Fact]
    public async Task The_reports_of_both_legs_come_as_JSON()
    {
        await using var server = new HepReceiver(isTcp: false);
        await using var bench = await CallBench.StartAsync(stores, To(server.Endpoint));
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        await bench.WhatsApp.HangUpAsync(call); // the last report goes with the goodbye
        await bench.EndsAsync(call, HangupCause.WhatsAppHungUp);
        var id = await bench.IdAsync(call.User);
        string[] peers = ["192.0.2.2", "192.0.2.3"];
        foreach (var peer in peers)
            await Eventually.SeeAsync(
                () => server.Packets.Any(packet => packet.Protocol == (byte)HepProtocol.Rtcp && packet.Correlation == id
                    && $"{packet.Destination}" == peer && packet.Payload.Contains("\"report_blocks\"", StringComparison.Ordinal)),
                $"a report to {peer}");
    }

    /// <summary>sngrep writes what it understood as a capture file.</summary>
    [Fact]
    public async Task A_foreign_capture_server_reads_the_same_packets()
    {
        var (port, file) = (LoopbackPorts.Take(), Path.GetTempFileName());
        using var sngrep = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "sngrep", ["-N", "-q", "-F", "-L", $"udp:127.0.0.1:{port}", "-O", file]) { RedirectStandardOutput = true })!;
        try
        {
            await using var bench = await CallBench.StartAsync(
                stores, options => options with { Hep = new HepOptions { Endpoint = $"udp:127.0.0.1:{port}" } });
            await Eventually.SeeAsync(async () =>
            {
                await bench.Pbx.Dial("+1").FailedAsync(); // until it listens
                return await File.ReadAllTextAsync(file, Encoding.Latin1);
            }, text => text.Contains("INVITE sip:+1@", StringComparison.Ordinal), "sngrep listens");
            var call = await bench.WhatsApp.PlaceAsync();
            var agent = await bench.Pbx.NextAsync();
            await agent.RejectAsync(503);
            await bench.EndsAsync(call, HangupCause.PbxUnreachable);
            await Eventually.SeeAsync(
                () => File.ReadAllTextAsync(file, Encoding.Latin1),
                text => text.Contains("X-WhatsApp-Call-Id: " + call.Id, StringComparison.Ordinal)
                    && text.Contains("SIP/2.0 503 Service Unavailable", StringComparison.Ordinal), "the call's INVITE and its answer");
        }
        finally
        {
            sngrep.Kill();
            await sngrep.WaitForExitAsync();
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_server_that_is_away_holds_up_no_call_and_what_it_misses_is_counted()
    {
        await using var bench = await CallBench.StartAsync(stores, To($"tcp:127.0.0.1:{LoopbackPorts.Take()}"));
        var before = await bench.Gateway.MetricAsync("gateway_traces_dropped_total", "target=\"hep\"");
        var call = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(503);
        await bench.EndsAsync(call, HangupCause.PbxUnreachable);
        await Eventually.SeeAsync(
            () => bench.Gateway.MetricAsync("gateway_traces_dropped_total", "target=\"hep\""), seen => seen > before, "drops are counted");
    }
}
