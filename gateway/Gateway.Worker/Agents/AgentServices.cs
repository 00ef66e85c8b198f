using Gateway.Calls.Agents;
using Gateway.Storage.Calls;

namespace Gateway.Worker.Agents;

/// <summary>What every call shares about agents.</summary>
internal sealed record AgentServices(
    IAgentRegistry Registry, AgentDirectory Directory, WaitingCalls Waiting, AgentCallStore Store, AudioLibrary Audio, FlowPicker Flows,
    Voicemails Voicemails, TimeProvider Time);
