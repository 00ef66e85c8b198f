using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Legs;

/// <summary>The inbox for what adapters report of their call. Safe from any thread; false once the call has ended.</summary>
internal interface ICallInbox
{
    bool Post(CallInput input);
}
