using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>Trunks come, change and go under a running endpoint: registrations follow, and calls keep theirs.</summary>
public sealed class ReloadTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly UdpClient _registrar = new(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>The Expires of each REGISTER, in order.</summary>
    private readonly ConcurrentQueue<string> _registers = [];

    public ReloadTests() => _ = AnswerAsync();

    private TrunkOptions Registered => EndpointBench.Trunk(((IPEndPoint)_registrar.Client.LocalEndPoint!).Port) with
    {
        RegisterUser = "6001", Profile = EndpointBench.Profile with { RegisterExpires = 3600 },
    };

    [Fact]
    public async Task A_registration_begins_with_its_trunk_outlasts_a_change_of_it_and_ends_with_it()
    {
        await using var endpoint = await EndpointBench.StartAsync();
        Assert.Null(endpoint.GetTrunkHealth("pbx"));

        await ApplyAsync(endpoint, Registered);
        await UntilAsync(() => endpoint.GetTrunkHealth("pbx")!.Registered == true);
        await ApplyAsync(endpoint, Registered with { Credentials = new SipCredentials("6001", "new") });
        await UntilAsync(() => endpoint.GetTrunkHealth("pbx")!.Registered == true);
        Assert.Equal(["3600", "3600"], _registers);

        await ApplyAsync(endpoint);
        await UntilAsync(() => _registers.Count == 3);
        Assert.Equal("0", _registers.Last());
        Assert.Null(endpoint.GetTrunkHealth("pbx"));
    }

    [Fact]
    public async Task A_trunk_that_is_kept_is_not_touched()
    {
        await using var endpoint = await EndpointBench.StartAsync(trunks: Registered);
        await UntilAsync(() => endpoint.GetTrunkHealth("pbx")!.Registered == true);
        var since = endpoint.GetTrunkHealth("pbx")!;
        Assert.Empty(await endpoint.ReloadAsync(
            new SipReload { Kept = new HashSet<string> { "pbx" }, Changed = [] }, () => { }, CancellationToken.None));
        Assert.Same(since, endpoint.GetTrunkHealth("pbx"));
        Assert.Equal(["3600"], _registers);
    }

    [Fact]
    public async Task A_call_goes_on_when_its_trunk_changes_and_when_it_is_removed()
    {
        await using var pbx = await EndpointBench.StartAsync();
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(EndpointBench.PortOf(pbx)));
        await ApplyAsync(pbx, EndpointBench.Trunk(EndpointBench.PortOf(gateway)));
        var placed = pbx.Invite(EndpointBench.Call());
        var taken = await EndpointBench.IncomingAsync(gateway);
        await taken.AnswerAsync(EndpointBench.Answer);
        await EndpointBench.NextAsync<SipCallEvent.Answered>(placed);

        await ApplyAsync(gateway, EndpointBench.Trunk(EndpointBench.PortOf(pbx)) with { MaxCallRate = 1 });
        await ApplyAsync(gateway);
        Assert.Equal(403, (await EndpointBench.NextAsync<SipCallEvent.Failed>(pbx.Invite(EndpointBench.Call()))).Status);
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(taken);
        await placed.HangUpAsync();
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(taken)).By);
    }

    public void Dispose() => _registrar.Dispose();

    private static async Task ApplyAsync(SipEndpoint endpoint, params TrunkOptions[] trunks) => Assert.Empty(await endpoint.ReloadAsync(
        new SipReload { Kept = new HashSet<string>(), Changed = trunks }, () => { }, CancellationToken.None));

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var received = await _registrar.ReceiveAsync();
                var request = Encoding.ASCII.GetString(received.Buffer).Split("\r\n");
                if (request[0].StartsWith("REGISTER ", StringComparison.Ordinal))
                    _registers.Enqueue(request.First(line => line.StartsWith("Expires:", StringComparison.Ordinal))[8..].Trim());
                string[] kept = [.. request.Where(line => new[] { "Via", "From", "To", "Call-ID", "CSeq", "Contact" }
                    .Any(name => line.StartsWith(name + ":", StringComparison.Ordinal)))];
                var answer = $"SIP/2.0 200 OK\r\n{string.Join("\r\n", kept)}\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n";
                await _registrar.SendAsync(Encoding.ASCII.GetBytes(answer), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!reached())
            await Task.Delay(10, timeout.Token);
    }
}
