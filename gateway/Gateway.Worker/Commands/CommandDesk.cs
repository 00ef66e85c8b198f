using Gateway.Calls;
using Gateway.Storage.Commands;
using Gateway.Storage.Contacts;
using Gateway.WhatsApp;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Gateway.Worker.Permissions;
using StackExchange.Redis;

namespace Gateway.Worker.Commands;

/// <summary>Carries out what operators want of this node, as it comes through Redis.</summary>
internal sealed partial class CommandDesk(
    GatewayOptions options, IConnectionMultiplexer redis, CallSupervisor calls, NodeCapacity capacity, PermissionAsker asker, MetaPermissions meta,
    ILogger<CommandDesk> logger) : BackgroundService
{
    /// <summary>How long a call-back may take to ring the agent before its sender is answered without knowing.</summary>
    private static readonly TimeSpan RingsWithin = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>Listens as soon as Redis is there: a node that cannot be told anything still takes calls.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listener = new NodeCommandListener(redis, options.Node.Id, HandleAsync);
        while (!await TryAsync(listener.StartAsync))
            await Task.Delay(Retry, stoppingToken);
        await Task.Delay(Timeout.Infinite, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
        await TryAsync(listener.StopAsync);
    }

    private async Task<bool> TryAsync(Func<Task> step)
    {
        try
        {
            await step();
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            LogDeaf(e.Message);
            return false;
        }
    }

    private async Task<CommandReply> HandleAsync(NodeCommand command)
    {
        try
        {
            return command switch
            {
                NodeCommand.HangUp hangUp => calls.HangUp(hangUp.Call, HangupCause.OperatorHungUp)
                    ? CommandReply.Done : new CommandReply(CommandOutcome.UnknownCall),
                _ when capacity.Refusal() is { } cause => CommandReply.Refused(cause),
                NodeCommand.CallBack callBack => await CallBackAsync(callBack),
                NodeCommand.AskPermission ask => await AskAsync(ask),
                NodeCommand.RefreshPermission refresh => await meta.RefreshAsync(refresh.Channel, refresh.User, CancellationToken.None) is null
                    ? CommandReply.Refused(HangupCause.WhatsAppFailed, "WhatsApp did not say what the user permits") : CommandReply.Done,
                _ => throw new InvalidOperationException("A command without a performer: " + command.GetType().Name),
            };
        }
        catch (Exception e) // The edge of one command: its sender is told, and the next one is heard.
        {
            LogFailure(e, command.GetType().Name);
            return CommandReply.Refused(HangupCause.InternalError);
        }
    }

    private async Task<CommandReply> CallBackAsync(NodeCommand.CallBack command)
    {
        if (!UserHandle.IsKnown(command.User))
            return CommandReply.Refused(HangupCause.UserUnreachable);
        if (calls.TryCallBack(command) is not { } loop)
            return CommandReply.Refused(HangupCause.NoRoute);
        await Task.WhenAny(loop.Begun, Task.Delay(RingsWithin));
        var reply = loop.Begun is { IsCompletedSuccessfully: true, Result: { } cause } ? CommandReply.Refused(cause) : CommandReply.Done;
        return reply with { Call = loop.Identity.Id };
    }

    private async Task<CommandReply> AskAsync(NodeCommand.AskPermission command)
    {
        var result = await asker.AskAsync(new PermissionAsk(command.Channel, command.User, command.RequestedBy), CancellationToken.None);
        if (result.Verdict is { Broken: { } rule } verdict)
            return new CommandReply(CommandOutcome.Refused, WireName.Of(rule), verdict.Text, verdict.FreeAt);
        return result.Error is { } error ? new CommandReply(CommandOutcome.Refused, "whatsapp_error", $"{error.Code}: {error.Message}") : CommandReply.Done;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not answer: no operator's command is heard ({Reason})")]
    private partial void LogDeaf(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A command ({Kind}) could not be carried out")]
    private partial void LogFailure(Exception e, string kind);
}
