/// The first known pattern that grows forever: it emits a glider every 30 generations.
let gosperGliderGun = """
  #N Gosper glider gun
  #O Bill Gosper, 1970
  x = 36, y = 9, rule = B3/S23
  24bo11b$22bobo11b$12b2o6b2o12b2o$11bo3bo4b2o12b2o$2o8bo5bo3b2o14b$2o8b
  o3bob2o4bobo11b$10bo5bo7bo11b$11bo3bo20b$12b2o22b!
  """
