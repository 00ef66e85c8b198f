using System.Threading.Channels;
using Gateway.Calls;

namespace Gateway.Worker.Permissions;

/// <summary>An agent to be rung, and a user to be connected then.</summary>
/// <param name="Channel">The business number that calls.</param>
/// <param name="User">Who is called.</param>
/// <param name="Agent">What is dialled at the PBX.</param>
/// <param name="Trunk">Null: the channel's first.</param>
internal sealed record CallbackWish(ChannelId Channel, WhatsAppUser User, string Agent, string? Trunk);

/// <summary>Ring-backs that a user's grant asks for, on their way to the calls.</summary>
internal sealed class CallbackQueue
{
    /// <summary>More than any grant asks for; what does not fit rings nobody.</summary>
    private const int Capacity = 100;

    private readonly Channel<CallbackWish> _wishes = Channel.CreateBounded<CallbackWish>(Capacity);

    public ChannelReader<CallbackWish> Wishes => _wishes.Reader;

    public void Add(CallbackWish wish) => _wishes.Writer.TryWrite(wish);

    public void Complete() => _wishes.Writer.TryComplete();
}
