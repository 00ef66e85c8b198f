using Gateway.Sip.Tests.Dialogs;
using static Gateway.Sip.Subscriptions.ExtensionState;
using static Gateway.Sip.Tests.Subscriptions.WatchBench;

namespace Gateway.Sip.Tests.Subscriptions;

public class SubscriptionSetTests
{
    private readonly WatchBench _bench = new();

    [Fact]
    public void Subscribes_to_many_extensions_at_a_steady_pace()
    {
        for (var i = 0; i < 100; i++)
            Assert.NotNull(_bench.Gateway.Subscriptions.TryAdd(_bench.Gateway.Trunks[0], $"{100 + i}", _bench.Wire.Now));
        _bench.Wire.Drop = _ => true; // unanswered, so what is counted are first transmissions and their repetitions
        _bench.Run(1);
        Assert.InRange(_bench.Wire.Log.Select(sent => sent.Message.CallId).Distinct().Count(), 20, 21);
        _bench.Run(4);
        Assert.Equal(100, _bench.Wire.Log.Select(sent => sent.Message.CallId).Distinct().Count());
    }

    [Fact]
    public void Takes_no_more_subscriptions_than_it_may()
    {
        for (var i = 0; i < 200; i++)
            Assert.NotNull(_bench.Gateway.Subscriptions.TryAdd(_bench.Gateway.Trunks[0], $"{i}", _bench.Wire.Now));
        Assert.Null(_bench.Gateway.Subscriptions.TryAdd(_bench.Gateway.Trunks[0], "one more", _bench.Wire.Now));
    }

    [Fact]
    public void Unsubscribes_and_forgets_the_extension_with_the_last_notify()
    {
        var subscription = _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0));
        subscription.Stop(_bench.Wire.Now);
        _bench.Run();
        Assert.Equal("0", _bench.LastSubscribe.Headers["Expires"]);
        Assert.Equal("pbx", _bench.LastSubscribe.ToTag);
        _bench.Accept(expires: 0);
        Assert.Equal(1, _bench.Gateway.Subscriptions.Count);
        Assert.Equal(200, _bench.Notify(Full(1), "terminated;reason=timeout"));
        Assert.Equal(0, _bench.Gateway.Subscriptions.Count);
        _bench.Run(600);
        Assert.Equal(2, _bench.Subscribes);
    }

    [Fact]
    public void Unsubscribes_from_a_PBX_that_accepts_only_after_the_extension_was_given_up()
    {
        var subscription = _bench.Watch();
        subscription.Stop(_bench.Wire.Now);
        _bench.Accept();
        Assert.Equal("0", _bench.LastSubscribe.Headers["Expires"]);
        Assert.Equal(2, _bench.Subscribes);
        _bench.Accept(expires: 0);
        _bench.Run(60);
        Assert.Equal(0, _bench.Gateway.Subscriptions.Count);
    }

    [Fact]
    public void A_trunk_whose_servers_are_not_known_yet_is_asked_once_they_are()
    {
        var targets = _bench.Gateway.Trunks[0].Targets;
        _bench.Gateway.Trunks[0].SetTargets([]);
        _bench.Watch();
        Assert.Equal(0, _bench.Subscribes);
        _bench.Gateway.Trunks[0].SetTargets(targets);
        _bench.SecondsToNext(10);
        _bench.Accept();
        _bench.Notify(Full(0));
        Assert.Equal([Idle], _bench.States);
    }

    [Fact]
    public void Survives_a_wire_that_loses_a_third_of_everything()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0));
        _bench.Wire.Loss = 33;
        for (uint i = 1; i < 50; i++)
        {
            var number = 1000 + i;
            for (var again = 0; again < 5; again++)
                _bench.Notify(Full(i, i % 2 == 0 ? [] : [Dialog("a", "confirmed")]), sequence: number);
        }
        Assert.Equal(Enumerable.Range(0, 50).Select(i => i % 2 == 0 ? Idle : Busy), _bench.States);
    }
}
