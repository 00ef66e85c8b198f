using Gateway.Storage.Statistics;

namespace AdminApi.Statistics;

/// <summary>Registers what statistics are counted and read by.</summary>
public static class StatisticsSetup
{
    public static void AddStatistics(this IServiceCollection services)
    {
        services.AddSingleton<CallSummaries>();
        services.AddSingleton<CallStatistics>();
        services.AddHostedService<SummaryUpdates>();
    }
}
