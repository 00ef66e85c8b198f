using Gateway.Storage.Parking;

namespace Gateway.Worker.Parking;

/// <summary>Registers what looks after parked calls.</summary>
internal static class ParkingServices
{
    public static void AddParkedCalls(this IServiceCollection services)
    {
        services.AddSingleton<ParkedPlacementStore>();
        services.AddSingleton<ParkedPlacement>();
        services.AddHostedService<ParkedCalls>();
        services.AddHostedService<ParkedAsks>();
    }
}
