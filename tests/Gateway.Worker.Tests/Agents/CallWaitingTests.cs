using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Sip.Profiles;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>An agent who is in a call, with a phone of a trunk whose profile wants texts about waiting calls, and one of another.</summary>
[Collection(StoresCollection.Name)]
public sealed class CallWaitingTests(Stores stores) : IAsyncLifetime
{
    private readonly string _profiles = Directory.CreateTempSubdirectory("gateway-profiles-").FullName;
    private readonly UdpClient _phone = new(new IPEndPoint(IPAddress.Loopback, 0));
    private GroupOfOne _sales = null!;

    public async Task InitializeAsync()
    {
        foreach (var file in Directory.GetFiles(SipProfileSet.DefaultDirectory, "*.yaml"))
            File.Copy(file, Path.Combine(_profiles, Path.GetFileName(file)));
        await File.WriteAllTextAsync(
            Path.Combine(_profiles, "texts.yaml"),
            "description: takes texts\nquirks: { call_waiting_message: { value: true, why: the test reads them } }\n");
        var port = ((IPEndPoint)_phone.Client.LocalEndPoint!).Port;
        var bench = await CallBench.StartAsync(stores, options => options with
        {
            Sip = options.Sip with
            {
                Profiles = _profiles, Trunks = [.. options.Sip.Trunks, CallBench.Trunk("texts", port) with { Profile = "texts" }],
            },
        });
        _sales = await GroupOfOne.StartAsync(
            stores, bench, one => new FlowStep.Queue(one.Group),
            new AgentPhone.Extension("main", "waiting"), new AgentPhone.Extension("texts", "7001"));
    }

    public async Task DisposeAsync()
    {
        await _sales.DisposeAsync();
        _phone.Dispose();
        Directory.Delete(_profiles, recursive: true);
    }

    [Fact]
    public async Task An_agent_in_a_call_is_told_of_the_call_that_begins_to_wait()
    {
        await _sales.SetPresenceAsync(AgentPresence.Available);
        var taken = await _sales.Registry.TakeBusyAsync(_sales.Ada, new CallId("other"), _sales.Bench.Gateway.Id, CancellationToken.None);
        var call = await _sales.Bench.WhatsApp.PlaceAsync();

        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var text = Encoding.UTF8.GetString((await _phone.ReceiveAsync(timeout.Token)).Buffer);
        Assert.StartsWith("MESSAGE sip:7001@127.0.0.1", text);
        Assert.EndsWith("\r\n\r\nCalls waiting: 1 (Sales)", text);

        Assert.True(await _sales.Bench.WhatsApp.HangUpAsync(call));
        await _sales.Bench.EndsAsync(call, HangupCause.CallerGaveUp);
        Assert.True(await _sales.Registry.ReleaseAsync(_sales.Ada, taken!.Value.Token, TimeSpan.Zero, CancellationToken.None));
    }
}
