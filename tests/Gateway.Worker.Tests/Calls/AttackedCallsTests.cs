using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip;
using Gateway.Sip.Dialogs;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Protocols.Primitives;
using Sandbox.Calls;
using Sandbox.Handsets;
using Xunit.Abstractions;
using CallState = Sandbox.Calls.CallState;

namespace Gateway.Worker.Tests.Calls;

/// <summary>
/// The real program with live calls, audio both ways, while its SIP listeners are attacked. Attacker, gateway, stores and phones share the
/// machine: the gateway goes before the attacker, as its unit file says and as if that were elsewhere; the phones' threads go before both,
/// and for how long they were kept waiting themselves is not the gateway's.
/// </summary>
[Collection(Name)]
[Trait("Category", "Alone")]
public sealed class AttackedCallsTests(WorkerBench bench, ITestOutputHelper output) : IAsyncLifetime
{
    private const string Name = "Attacks, alone";

    /// <summary>That of deploy/systemd/whatsapp-gateway.service.</summary>
    private const int Niceness = -5;

    private static readonly TimeSpan Attack = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan MostGap = TimeSpan.FromMilliseconds(100);

    /// <summary>Five kinds of lines at the most that the limit lets through in the time of a test.</summary>
    private const int MostLogLines = 5 * (200 + 20 * 15);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => bench.KillAsync();

    [Fact]
    public async Task Two_thousand_silent_connections()
    {
        await bench.StartAsync(niceness: Niceness);
        await using var calls = await LiveCalls.StartAsync(bench);
        await using var attack = new SipAttack(bench.SipPort);
        await attack.OpenIdleAsync(2000, i => $"127.0.1.{1 + i % 250}");
        await Task.Delay(Attack / 2);
        Assert.StartsWith("SIP/2.0 200", await attack.AskAsync(), StringComparison.Ordinal);
        await EndAsync(calls, attack, "2,000 silent connections");
    }

    [Fact]
    public async Task A_burst_of_OPTIONS_from_the_trunk()
    {
        await bench.StartAsync(niceness: Niceness);
        await using var calls = await LiveCalls.StartAsync(bench);
        await using var attack = new SipAttack(bench.SipPort);
        attack.Flood(6000, "OPTIONS");
        await Task.Delay(Attack);
        await EndAsync(calls, attack, "OPTIONS");
        Assert.True(attack.Sent > 20_000, $"{attack.Sent} requests were sent");
    }

    [Fact]
    public async Task Mixed_requests_of_the_trunk_and_floods_of_line_ends_on_fifty_connections()
    {
        await bench.StartAsync(niceness: Niceness);
        await using var calls = await LiveCalls.StartAsync(bench);
        await using var attack = new SipAttack(bench.SipPort);
        attack.Flood(1500, "INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE", "BYE", "INFO", "CANCEL");
        await attack.FloodLineEndsAsync(50);
        await Task.Delay(Attack);
        await EndAsync(calls, attack, "mixed requests and line ends");
        output.WriteLine($"{attack.Sent} requests, {attack.StreamBytes} bytes of line ends");
        Assert.True(attack.Sent > 5000, $"{attack.Sent} requests were sent");
    }

    [Fact]
    public async Task Requests_of_the_trunk_without_pause_on_fifty_connections()
    {
        await bench.StartAsync(niceness: Niceness);
        await using var calls = await LiveCalls.StartAsync(bench);
        await using var attack = new SipAttack(bench.SipPort);
        await attack.FloodStreamsAsync(50, "OPTIONS");
        await Task.Delay(Attack);
        await EndAsync(calls, attack, "OPTIONS on streams");
        output.WriteLine($"{attack.StreamBytes} bytes of requests");
        Assert.True(attack.StreamBytes > 10_000_000, $"{attack.StreamBytes} bytes were taken");
    }

    [Fact]
    public async Task Silent_connections_and_requests_where_1024_files_may_be_open()
    {
        await bench.StartAsync(descriptors: 1024, niceness: Niceness);
        await using var calls = await LiveCalls.StartAsync(bench);
        await using var attack = new SipAttack(bench.SipPort);
        await attack.OpenIdleAsync(1500, i => i % 2 == 0 ? "127.0.0.1" : $"127.0.1.{1 + i % 250}");
        attack.Flood(500, "OPTIONS");
        await Task.Delay(Attack / 2);
        var (status, body) = await bench.GetAsync("/readyz");
        output.WriteLine(body);
        Assert.Equal(200, status); // its parts are held within what may be open, so that calls and health have theirs
        await EndAsync(calls, attack, "1,024 descriptors", isRecorded: false);
    }

    /// <summary>
    /// While the attack goes on no gap was heard, and either side can hang up. After it the records are there, and the log is short.
    /// </summary>
    private async Task EndAsync(LiveCalls calls, SipAttack attack, string name, bool isRecorded = true)
    {
        Assert.False(bench.HasExited, bench.Log());
        var (atAgents, atUsers, waited) = calls.Gaps();
        var measured =
            $"{name}: longest gap at the agents {atAgents.TotalMilliseconds:0} ms, at the users {atUsers.TotalMilliseconds:0} ms, "
            + $"phones waited {waited.TotalMilliseconds:0} ms";
        output.WriteLine($"{measured}, {bench.LogLines} log lines");
        Assert.True(atAgents - waited < MostGap && atUsers - waited < MostGap, measured);
        await calls.HearAsync();
        await calls.EndAsync();
        await attack.DisposeAsync();
        if (isRecorded)
            await calls.RecordedAsync();
        Assert.InRange(bench.LogLines, 1, MostLogLines);
    }

    /// <summary>Two calls with a tone each way.</summary>
    private sealed class LiveCalls(WorkerBench bench, (SandboxCall Call, PbxCall Agent, SteadyPhone Phone)[] calls) : IAsyncDisposable
    {
        public static async Task<LiveCalls> StartAsync(WorkerBench bench)
        {
            List<(SandboxCall, PbxCall, SteadyPhone)> calls = [];
            for (var i = 0; i < 2; i++)
            {
                var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
                var agent = await bench.Pbx.NextAsync();
                var phone = new SteadyPhone();
                await agent.Sip.AnswerAsync(phone.Sdp);
                phone.Talk(agent.Sip.Info.Offer!);
                calls.Add((call, agent, phone));
            }
            var live = new LiveCalls(bench, [.. calls]);
            await live.HearAsync();
            live.Forget();
            return live;
        }

        public async Task HearAsync()
        {
            foreach (var (call, _, phone) in calls)
            {
                await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
                await Eventually.SeeAsync(
                    () => phone.Hertz is { } heard && Math.Abs(heard - WhatsAppSide.Hertz) < 8, "the agent hears the user",
                    () => $"{phone.Hertz} Hz");
            }
        }

        /// <summary>
        /// The longest gaps in what was heard of the gateway since the attack began, and the longest time that the phones themselves were
        /// kept from sending.
        /// </summary>
        public (TimeSpan AtAgents, TimeSpan AtUsers, TimeSpan Waited) Gaps() =>
            (calls.Max(one => one.Phone.LongestGap), calls.Max(one => HandsetOf(one.Call).LongestGap),
                calls.Max(one =>
                    one.Phone.LongestDelay > HandsetOf(one.Call).LongestDelay ? one.Phone.LongestDelay : HandsetOf(one.Call).LongestDelay));

        public async Task EndAsync()
        {
            await calls[0].Agent.HangUpAsync();
            await bench.WhatsApp.HangUpAsync(calls[1].Call);
            Assert.Equal(SipCallEnd.Remote, (await calls[1].Agent.EndedAsync()).By);
            await WhatsAppSide.UntilAsync(calls[0].Call, CallState.Ended);
        }

        public async Task RecordedAsync()
        {
            await RecordedAsync(calls[0].Call, HangupCause.PbxHungUp);
            await RecordedAsync(calls[1].Call, HangupCause.WhatsAppHungUp);
        }

        public ValueTask DisposeAsync()
        {
            foreach (var (_, _, phone) in calls)
                phone.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task RecordedAsync(SandboxCall call, HangupCause cause)
        {
            var rows = await Eventually.SeeAsync(
                async () => (await bench.RowsAsync(call)).Where(row => row.Answered).ToArray(), // the attacker dialled this user too
                rows => rows is [{ Cause: not null }], "the call's record", rows => $"{string.Join("; ", rows)}\n{bench.Log()}");
            Assert.Equal(WireName.Of(cause), rows[0].Cause);
        }

        private static NativeHandset HandsetOf(SandboxCall call) => (NativeHandset)call.Handset;

        private void Forget()
        {
            foreach (var (call, _, phone) in calls)
            {
                phone.Forget();
                HandsetOf(call).ForgetAudio();
            }
        }
    }

    /// <summary>Tests that measure time are not run beside others.</summary>
    [CollectionDefinition(Name, DisableParallelization = true)]
    public sealed class Alone : ICollectionFixture<WorkerBench>;
}
