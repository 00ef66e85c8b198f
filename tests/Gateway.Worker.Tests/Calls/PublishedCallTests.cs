using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Transactions;
using Gateway.Worker.Calls;
using Gateway.Worker.Legs;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tests.Calls;

/// <summary>What other nodes can end of a call when its own dies.</summary>
public sealed class PublishedCallTests
{
    private static readonly Instant Now = new(1_000_000);

    private readonly InboundCall _call = new(
        new CallIdentity(new CallId("c1"), CallDirection.Inbound, new ChannelId("100"), new WhatsAppUser("15550001"), "n1"),
        new CallOptions(), Now, DateTimeOffset.UnixEpoch);

    private readonly ShownDialogs _registry = new();
    private readonly List<SipDialogSnapshot> _ringing = [];
    private readonly OperationQueue _operations = new(failure => Assert.Fail($"{failure}"));
    private readonly PublishedCall _published;

    public PublishedCallTests() => _published = new PublishedCall(
        _call, _registry, _operations, () => Task.FromResult<IReadOnlyList<SipDialogSnapshot>>([.. _ringing]), () => { });

    [Fact]
    public async Task Phones_are_known_to_others_as_soon_as_they_ring_each_of_them()
    {
        _published.HandleDeadline(Now);
        await _operations.Idle;
        Assert.Empty(_registry.Dialogs);

        foreach (var phone in new[] { "ann", "ben" })
        {
            _ringing.Add(Dialog(phone));
            _published.NoteRinging(Now);
            Assert.Equal(Now, _published.NextDeadline);
            _published.HandleDeadline(Now);
        }
        await _operations.Idle;
        Assert.Equal(["ann", "ben"], _registry.Dialogs);
    }

    private static SipDialogSnapshot Dialog(string id) => new()
    {
        Trunk = "main", CallId = id, Local = "<sip:us@127.0.0.1>;tag=1", Remote = "<sip:them@127.0.0.1>;tag=2",
        Target = "sip:them@127.0.0.1", LocalSequence = 1, Transport = SipTransport.Udp, NextHop = "127.0.0.1:5060",
    };

    private sealed class ShownDialogs : UnusedRegistry
    {
        /// <summary>The Call-IDs that were kept last.</summary>
        public IReadOnlyList<string> Dialogs { get; private set; } = [];

        public override Task<bool> PublishAsync(LiveCall call, CancellationToken cancellation) => Task.FromResult(true);

        public override Task KeepDialogAsync(CallId callId, long token, string dialog, CancellationToken cancellation)
        {
            Dialogs = [.. JsonSerializer.Deserialize<SipDialogSnapshot[]>(dialog, JsonSerializerOptions.Web)!.Select(one => one.CallId)];
            return Task.CompletedTask;
        }
    }
}
