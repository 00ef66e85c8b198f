using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Legs;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine;
using Media.Engine.Loop;
using Media.Protocols.Primitives;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The effect of a defect in one call, or of a flood of inputs to it: that call ends in order, with a record.</summary>
[Collection(StoresCollection.Name)]
public sealed class BrokenCallTests(Stores stores)
{
    [Fact]
    public async Task A_call_that_is_flooded_ends()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var (call, loop) = await OfferedAsync(bench, TimeProvider.System);
        for (var i = 0; i < CallInputs.Capacity; i++)
            Assert.True(loop.Post(new CallInput.WhatsAppRinging()));
        Assert.False(loop.Post(new CallInput.WhatsAppRinging()));
        await loop.RunAsync(new CallInput.WhatsAppOffered(new WhatsAppCallId(call.Id), call.Offer));
        await bench.EndsAsync(call, HangupCause.InternalError);
        Assert.Equal(["reject 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_defect_ends_the_call_on_both_legs()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var time = new FailingTime();
        var (call, loop) = await OfferedAsync(bench, time);
        var run = loop.RunAsync(new CallInput.WhatsAppOffered(new WhatsAppCallId(call.Id), call.Offer));
        var agent = await bench.Pbx.NextAsync();
        time.FailNext();
        await agent.RingAsync();
        await agent.EndedAsync();
        await run;
        await bench.EndsAsync(call, HangupCause.InternalError);
        Assert.Equal(["pre_accept 200", "terminate 200"], WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_call_that_cannot_even_be_ended_leaves_its_record()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var time = new FailingTime();
        var (call, loop) = await OfferedAsync(bench, time);
        var run = loop.RunAsync(new CallInput.WhatsAppOffered(new WhatsAppCallId(call.Id), call.Offer));
        var agent = await bench.Pbx.NextAsync();
        time.FailAlways();
        await agent.RingAsync();
        await agent.EndedAsync();
        await run;
        await bench.EndsAsync(call, HangupCause.InternalError);
    }

    /// <summary>A user's call whose loop the test runs.</summary>
    private static async Task<(SandboxCall Call, CallLoop Loop)> OfferedAsync(CallBench bench, TimeProvider time)
    {
        bench.Relay.Hold("connect");
        var call = await bench.WhatsApp.PlaceAsync();
        var node = bench.Gateway;
        var factory = new CallFactory(
            node.Service<LiveOptions>(), node.Service<PbxTrunks>(), node.Service<MediaEngine>(), node.Service<GraphClient>(),
            node.Service<CallServices>() with { Time = time }, node.Service<NodeStart>(), SystemEntropy.Instance);
        var identity = factory.Identify(CallDirection.Inbound, new ChannelId(call.Number.PhoneNumberId), new WhatsAppUser(call.User.Phone));
        return (call, factory.Inbound(identity, new InboundDetails(new WhatsAppCallId(call.Id), null, null)));
    }

    /// <summary>A clock whose next timers cannot be made, or set.</summary>
    private sealed class FailingTime : TimeProvider
    {
        private int _left;

        /// <summary>Those after the ringing: of the note of it, which is only reported, and of the loop.</summary>
        public void FailNext() => Volatile.Write(ref _left, 2);

        public void FailAlways() => Volatile.Write(ref _left, int.MaxValue);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Check();
            return new FailingTimer(this, base.CreateTimer(callback, state, dueTime, period));
        }

        private void Check()
        {
            if (Interlocked.Decrement(ref _left) >= 0)
                throw new InvalidOperationException("a defect, made for this test");
        }

        private sealed class FailingTimer(FailingTime time, ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                time.Check();
                return timer.Change(dueTime, period);
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
