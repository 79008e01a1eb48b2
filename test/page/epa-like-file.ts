/** A CSV file like that of the EPA: many cars of many brands and years, some of them more than once. */

const BRANDS = ['Acura', 'Audi', 'BMW', 'Chevrolet', 'Dodge', 'Ford', 'Geo', 'Honda', 'Toyota', 'Volkswagen'];
const MODELS = ['Prizm', 'Civic', 'F150 Pickup 2WD', '2.2CL/3.0CL', 'Golf', 'Corolla', 'A4 "Avant", quattro'];
const YEARS = [1997, 2003, 2008, 2012, 2013];

/** 2,000 cars, and the Toyota Prius of three years. */
export function makeEpaLikeFile(): { csv: string; rows: number } {
  const cars = Array.from({ length: 2000 }, (_, index) => [
    BRANDS[index % BRANDS.length],
    MODELS[index % MODELS.length],
    YEARS[index % YEARS.length],
  ]);
  for (const year of [2008, 2012, 2013]) cars.push(['Toyota', 'Prius', year]);
  const quote = (text: unknown) => `"${String(text).replaceAll('"', '""')}"`;
  const lines = cars.map(([brand, model, year]) => `${quote(brand)},${quote(model)},${year}`);
  return { csv: `"brand","model","year"\n${lines.join('\n')}\n`, rows: cars.length };
}
