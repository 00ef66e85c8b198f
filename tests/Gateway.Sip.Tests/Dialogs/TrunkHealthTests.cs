using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>Keepalive and registration in virtual time.</summary>
public class TrunkHealthTests
{
    private readonly SipBench _bench = new();
    private readonly ScriptedPeer _pbx;

    public TrunkHealthTests() => _pbx = _bench.AddPeer("10.0.0.2:5060");

    [Fact]
    public void Falls_after_three_misses_and_rises_after_two_answers()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060", profile => profile with { OptionsInterval = 30 }));
        var monitor = new TrunkMonitor(gateway.Trunks[0], gateway.Agent.Core, _bench.Now);
        var answers = true;
        var states = new List<(int Second, TrunkState State)>();
        for (var second = 0; second < 240; second++)
        {
            answers = second is < 60 or > 150;
            monitor.HandleDeadline(_bench.Now);
            gateway.Flush();
            _bench.Run(0.5);
            foreach (var options in _pbx.Inbox.OfType<SipRequest>().ToArray().Where(_ => answers))
                _pbx.Respond(options, 200);
            _pbx.Inbox.Clear();
            _bench.Run(0.5);
            if (states.Count == 0 || states[^1].State != monitor.Health(null).State)
                states.Add((second, monitor.Health(null).State));
        }
        Assert.Equal([TrunkState.Up, TrunkState.Down, TrunkState.Up], states.Select(change => change.State));
        Assert.InRange(states[1].Second, 68, 90);
        Assert.InRange(states[2].Second, 151, 170);
    }

    [Fact]
    public void Refreshes_a_registration_before_it_runs_out_and_moves_on_when_the_registrar_dies()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060",
            SipBench.Trunk("10.0.0.2:5060", profile => profile with { RegisterExpires = 300 })
                with { RegisterUser = "6001", BackupServers = ["10.0.0.3:5060"] });
        var backup = _bench.AddPeer("10.0.0.3:5060");
        var registration = new Registration(gateway.Trunks[0], gateway.Agent.Core, "6001", _bench.Now);
        Serve(gateway, registration, 600, _pbx);
        Assert.True(registration.IsRegistered);
        Assert.Equal(3, _pbx.Inbox.Select(register => register.CSeq).Distinct().Count());
        Assert.Empty(backup.Inbox);

        Serve(gateway, registration, 600, backup);
        Assert.True(registration.IsRegistered);
        Assert.NotEmpty(backup.Inbox);
    }

    [Fact]
    public void A_registration_that_nobody_answers_runs_out()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060", profile => profile with { RegisterExpires = 300 }));
        var registration = new Registration(gateway.Trunks[0], gateway.Agent.Core, "6001", _bench.Now);
        Serve(gateway, registration, 10, _pbx);
        Assert.True(registration.IsRegistered);
        Serve(gateway, registration, 500, null);
        Assert.False(registration.IsRegistered);
    }

    /// <summary>One that kept registrations in memory only has lost ours, and over UDP nothing else shows that it restarted.</summary>
    [Fact]
    public void Registers_again_soon_with_a_pbx_that_answers_after_an_outage()
    {
        var trunk = SipBench.Trunk("10.0.0.2:5060", profile => profile with { OptionsInterval = 30, RegisterExpires = 3600 });
        var gateway = _bench.AddAgent("10.0.0.1:5060", trunk with { RegisterUser = "6001" });
        var runtime = new TrunkRuntime(gateway.Trunks[0]);
        runtime.Start(gateway.Agent, _bench.Now);
        Serve(gateway, runtime.HandleDeadline, 120, _pbx);
        Serve(gateway, runtime.HandleDeadline, 60, null);
        Assert.Equal(1, Registrations());
        Serve(gateway, runtime.HandleDeadline, 10, _pbx);
        Assert.Equal(2, Registrations());
        Serve(gateway, runtime.HandleDeadline, 120, _pbx);
        Assert.Equal(2, Registrations());

        int Registrations() =>
            _pbx.Inbox.Select(request => request.CSeq).Where(sequence => sequence.Method == SipMethod.Register).Distinct().Count();
    }

    [Fact]
    public void Its_options_say_what_it_can_do()
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060", profile => profile with { OptionsInterval = 30 }));
        new TrunkMonitor(gateway.Trunks[0], gateway.Agent.Core, _bench.Now).HandleDeadline(_bench.Now);
        gateway.Flush();
        _bench.Run(0.5);
        Assert.Contains("UPDATE", _pbx.Last("OPTIONS").Headers["Allow"], StringComparison.Ordinal);
        Assert.Contains("timer", _pbx.Last("OPTIONS").Headers["Supported"], StringComparison.Ordinal);
    }

    /// <summary>A registrar beyond a NAT rewrites our binding, and other devices of the same user are registered beside it.</summary>
    [Theory]
    [InlineData("<sip:6001@203.0.113.9:1024>;expires=20", null)]
    [InlineData("<sip:6001@203.0.113.9:1024>;expires=20", "3600")]
    [InlineData("<sip:other@203.0.113.9:1024>;expires=20", "3600")]
    [InlineData("<sip:6001@192.0.2.7>;expires=3600, <sip:6001@203.0.113.9:1024>;INSTANCE;expires=20", null)]
    [InlineData("<sip:6001@192.0.2.7>;expires=3600, <sip:6001@10.0.0.1:5060>;expires=20", null)]
    [InlineData("<sip:6001@192.0.2.7>;expires=3600, <sip:6001@203.0.113.9:1024>;expires=20", null)]
    [InlineData(
        "<sip:6001@192.0.2.7>;expires=10;+sip.instance=\"<urn:uuid:0>\", <sip:6001@203.0.113.9:1024>;INSTANCE;expires=\"20\"", null)]
    [InlineData("sip:6001@203.0.113.9:;;expires=20;", null)]
    [InlineData(null, "20")]
    public void Registers_again_before_the_binding_that_is_ours_runs_out(string? contact, string? expires)
    {
        var gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060", profile => profile with { RegisterExpires = 600 }));
        var registration = new Registration(gateway.Trunks[0], gateway.Agent.Core, "6001", _bench.Now);
        registration.HandleDeadline(_bench.Now);
        gateway.Flush();
        _bench.Run(0.5);
        var register = _pbx.Last("REGISTER");
        var instance = "+sip.instance=" + SipGrammar.Quote(register.Contact!.Parameters["+sip.instance"]!);
        var response = SipResponse.CreateFor(register, 200, "r");
        if (contact is not null)
            response.Headers.Add("Contact", contact.Replace("INSTANCE", instance, StringComparison.Ordinal));
        if (expires is not null)
            response.Headers.Add("Expires", expires);
        _bench.Send(_pbx.Address, gateway.Address, SipWriter.Write(response));
        _bench.Run(0.5);
        Assert.True(registration.IsRegistered);
        Assert.InRange((registration.NextDeadline - _bench.Now).TotalSeconds, 5, 19);
    }

    private void Serve(TestAgent gateway, Registration registration, int seconds, ScriptedPeer? registrar) =>
        Serve(gateway, registration.HandleDeadline, seconds, registrar);

    /// <summary>Seconds in which one registrar answers and all others are silent.</summary>
    private void Serve(TestAgent gateway, Action<Instant> handleDeadline, int seconds, ScriptedPeer? registrar)
    {
        var answered = registrar?.Inbox.Count ?? 0;
        for (var second = 0; second < seconds; second++)
        {
            handleDeadline(_bench.Now);
            gateway.Flush();
            _bench.Run(1);
            for (; registrar is not null && answered < registrar.Inbox.Count; answered++)
                registrar.Respond((SipRequest)registrar.Inbox[answered], 200);
        }
    }
}
