using Gateway.Calls.Lifecycle;

namespace Gateway.Worker.Legs;

/// <summary>Where adapters put what happened to their call. Safe from any thread; false once the call has ended.</summary>
internal interface ICallInbox
{
    bool Post(CallInput input);
}
