using System.Text.Json.Nodes;
using Sandbox.Calls;
using Sandbox.Handsets;
using Sandbox.Users;

namespace Sandbox.Graph;

/// <summary>POST calls: the five actions. Every request that names a call is recorded in that call's timeline with its outcome.</summary>
public sealed class CallsApi(CallHandler handler, InboundCalls inbound, OutboundCalls outbound, UserStore users)
{
    private const int MaxOpaqueData = 512;

    public Task<GraphAnswer> PostAsync(GraphRequest request)
    {
        if (request.Text("messaging_product") != "whatsapp")
            return Answer(GraphFault.Invalid("messaging_product must be whatsapp"));
        if (request.Number.SipEnabled)
            return Answer(GraphFault.SipEnabled);
        if (!request.Number.CallingEnabled)
            return Answer(GraphFault.NotEnabled);
        if (request.Text("biz_opaque_callback_data") is { Length: > MaxOpaqueData })
            return Answer(GraphFault.Invalid("biz_opaque_callback_data is longer than 512 characters"));
        return request.Text("action") switch
        {
            "connect" => Answer(Connect(request)),
            "pre_accept" or "accept" or "reject" or "terminate" => ActAsync(request),
            var other => Answer(GraphFault.Invalid($"action \"{other}\" is not one of connect, pre_accept, accept, reject, terminate")),
        };
    }

    private GraphAnswer Connect(GraphRequest request)
    {
        if (request.Text("to") is null && request.Text("recipient") is null)
            return GraphFault.Invalid("to or recipient is needed");
        if (request.Text("to") is { } to && !UserStore.IsPhone(to.TrimStart('+')))
            return GraphFault.Invalid("to is not a phone number");
        // Where both are given, the phone number has precedence.
        var user = users.Find(request.Text("to") ?? request.Text("recipient"));
        SandboxCall? call;
        GraphFault? fault;
        try
        {
            (call, fault) = outbound.Connect(
                request.Number, user, request.Text("session", "sdp_type"), request.Text("session", "sdp"),
                request.Text("biz_opaque_callback_data"));
        }
        catch (HandsetException)
        {
            // The user's page is closed: for Meta the phone is off.
            return GraphFault.Uncallable;
        }
        if (call is null)
            return fault!;
        call.Note("graph", "connect", "200");
        return new GraphAnswer(null, new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["calls"] = new JsonArray(new JsonObject { ["id"] = call.Id }),
            ["success"] = true,
        }, () => outbound.Start(call));
    }

    private async Task<GraphAnswer> ActAsync(GraphRequest request)
    {
        var action = request.Text("action")!;
        if (handler.Find(request.Text("call_id")) is not { } call || call.Number != request.Number)
            return GraphFault.Invalid("call_id is unknown");
        if (!call.Inbound && action != "terminate")
            return GraphFault.Invalid($"{action} is for calls by users");
        GraphFault? fault;
        try
        {
            fault = await handler.WithAsync(call, () => StepAsync(call, action, request));
        }
        catch (HandsetException refusal)
        {
            fault = GraphFault.InvalidSdp(refusal.Message);
        }
        call.Note("graph", action, fault is null ? "200" : $"{fault.Status} {fault.Code} {fault.Details}");
        return fault is null ? GraphAnswer.Success : fault;
    }

    private async Task<GraphFault?> StepAsync(SandboxCall call, string action, GraphRequest request)
    {
        var type = request.Text("session", "sdp_type");
        var sdp = request.Text("session", "sdp");
        switch (action)
        {
            case "pre_accept":
                return await inbound.PreAcceptAsync(call, type, sdp);
            case "accept":
                return await inbound.AcceptAsync(call, type, sdp, request.Text("biz_opaque_callback_data"));
            case "reject":
                return await inbound.RejectAsync(call);
            default:
                return await handler.EndAsync(call, "COMPLETED", "business")
                    ? null : GraphFault.Invalid("terminate is not possible: the call is already completed");
        }
    }

    private static Task<GraphAnswer> Answer(GraphAnswer answer) => Task.FromResult(answer);
}
