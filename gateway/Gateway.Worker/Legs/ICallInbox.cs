using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Legs;

/// <summary>The inbox for what adapters report of their call. Safe from any thread; false once the call has ended.</summary>
internal interface ICallInbox
{
    bool Post(CallInput input);

    /// <summary>Something has changed that the call itself does not know, and that a node would need to go on with it.</summary>
    void NoteChange() { }
}
